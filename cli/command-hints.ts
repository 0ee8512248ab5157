/** What to use instead of commands that other tools have and modcast does not. */
const HINTS: { readonly [name: string]: string } = {
  annotate: '`modcast blame <path>` shows which deploy last changed each line',
  branch: '`modcast channels` lists the channels',
  build:
    'there is no build step; `modcast serve` serves the files, `modcast export --static` writes them for a static host',
  checkout: '`modcast export <ref> <dir>` writes the files of a deploy',
  clone: '`modcast export <ref> <dir>` writes the files of a deploy',
  commit: '`modcast publish <dir>` makes a deploy; `modcast serve` makes one for each saved file',
  deploy: '`modcast publish <dir>` makes a deploy; `modcast deploys` lists them',
  dev: '`modcast serve <dir>` serves a directory with hot reload',
  fsck: '`modcast verify` checks the database',
  history: '`modcast deploys` lists the deploys; `modcast log <path>` lists the versions of a file',
  init: 'nothing has to be set up; `modcast serve <dir>` creates the database',
  list: '`modcast deploys` lists the deploys, `modcast ls` the files, `modcast token list` the tokens',
  login: 'there are no accounts; set MODCAST_TOKEN to a token from `modcast token create`',
  logout: 'there are no accounts; unset MODCAST_TOKEN, and revoke it with `modcast token revoke`',
  prune: '`modcast gc` drops old deploys',
  push: '`modcast publish <dir> --to <url>` publishes to a running registry',
  reset: '`modcast rollback <ref>` makes a deploy with the content of an older one',
  restore: '`modcast rollback <ref>` makes a deploy with the content of an older one',
  revert: '`modcast rollback <ref>` makes a deploy with the content of an older one',
  run: '`modcast serve <dir>` serves a directory with hot reload',
  start: '`modcast serve <dir>` serves a directory with hot reload',
  undo: '`modcast rollback <ref>` makes a deploy with the content of an older one',
  whoami: 'there are no accounts; --author names the author of a deploy',
};

/** Undefined for a name that no other tool has: a typo. */
export const commandHint = (name: string): string | undefined =>
  Object.hasOwn(HINTS, name) ? HINTS[name] : undefined;
