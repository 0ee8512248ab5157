import type { Command } from 'commander';
import type { Io } from './io.js';

/** Imports a command's file. Only the command that runs is loaded, with the libraries that it needs. */
type Load = () => Promise<(io: Io) => Command>;

/** Headings of the help and of docs/cli.md. */
export type Group = 'Serve' | 'Inspect' | 'Publish' | 'Maintain';

export interface CommandEntry {
  readonly group: Group;
  readonly name: string;
  /** The help does not list it: it is for programs. */
  readonly hidden: boolean;
  readonly load: Load;
}

/**
 * All commands, in the order of the help. To add one: write `commands/<name>.ts` and add a line here, then
 * run `npm run docs`. A name that begins with `__` is hidden.
 */
const GROUPS: { readonly [group in Group]: { readonly [name: string]: Load } } = {
  Serve: {
    serve: async () => (await import('./commands/serve.js')).serveCommand,
  },
  Inspect: {
    deploys: async () => (await import('./commands/deploys.js')).deploysCommand,
    channels: async () => (await import('./commands/channels.js')).channelsCommand,
    status: async () => (await import('./commands/status.js')).statusCommand,
    log: async () => (await import('./commands/log.js')).logCommand,
    show: async () => (await import('./commands/show.js')).showCommand,
    ls: async () => (await import('./commands/ls.js')).lsCommand,
    grep: async () => (await import('./commands/grep.js')).grepCommand,
    cat: async () => (await import('./commands/cat.js')).catCommand,
    diff: async () => (await import('./commands/diff.js')).diffCommand,
    blame: async () => (await import('./commands/blame.js')).blameCommand,
    bisect: async () => (await import('./commands/bisect.js')).bisectCommand,
    fuse: async () => (await import('./commands/fuse.js')).fuseCommand,
    map: async () => (await import('./commands/map.js')).mapCommand,
    sbom: async () => (await import('./commands/sbom.js')).sbomCommand,
    audit: async () => (await import('./commands/audit.js')).auditCommand,
  },
  Publish: {
    check: async () => (await import('./commands/check.js')).checkCommand,
    publish: async () => (await import('./commands/publish.js')).publishCommand,
    rollback: async () => (await import('./commands/rollback.js')).rollbackCommand,
    promote: async () => (await import('./commands/promote.js')).promoteCommand,
    tag: async () => (await import('./commands/tag.js')).tagCommand,
    token: async () => (await import('./commands/token.js')).tokenCommand,
  },
  Maintain: {
    gc: async () => (await import('./commands/gc.js')).gcCommand,
    verify: async () => (await import('./commands/verify.js')).verifyCommand,
    export: async () => (await import('./commands/export.js')).exportCommand,
    import: async () => (await import('./commands/import.js')).importCommand,
    completion: async () => (await import('./commands/completion.js')).completionCommand,
    __complete: async () => (await import('./commands/complete.js')).completeCommand,
  },
};

export const COMMANDS: readonly CommandEntry[] = Object.entries(GROUPS).flatMap(([group, commands]) =>
  Object.entries(commands).map(([name, load]) => ({
    group: group as Group,
    name,
    hidden: name.startsWith('__'),
    load,
  })),
);
