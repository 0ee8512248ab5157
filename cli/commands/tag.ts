import { Command } from 'commander';
import { parseTagName, resolveDeploy, tagUnknown, tagsByDeploy } from '../../registry/history/index.js';
import type { Store, Tag } from '../../registry/store/store.js';
import { userName } from '../../registry/user-name.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { deployJson, tagJson, writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { formatTable } from '../output/table.js';

interface TagOptions extends DatabaseOptions {
  message?: string;
  force?: true;
  delete?: true;
  list?: true;
  author?: string;
  time: TimeStyle;
  json?: true;
}

export function tagCommand(io: Io): Command {
  const command = new Command('tag')
    .summary('name a deploy, or list the tags')
    .description(
      'Gives a deploy a name that stays, such as v1.2: other commands take it as a ref, and gc keeps the deploy. Without a name, lists the tags.',
    )
    .argument('[name]', 'a new tag; with -d or -l, a tag or a pattern')
    .argument('[ref...]', 'the deploy (default: HEAD); with -d or -l, more tags or patterns')
    .option('-m, --message <text>', 'what the tag is for')
    .option('-f, --force', 'move a tag that exists')
    .option('-d, --delete', 'delete tags')
    .option('-l, --list', 'list the tags that match a pattern: * and ? stand for any characters')
    .option('--author <name>', 'who tags the deploy (default: your user name)');
  jsonOption(
    databaseOption(timeOption(command)),
    'a list of name, time, author, message, deploy (as in `deploys`); for a new tag one of these, and replaced: a number or null; with -d: a list of name, deploy: a number',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}
Names follow the rules of git. A tag cannot have the name of a channel, or look like a number or a hash.

Examples:
  modcast tag v1.0                       tags the newest deploy of production
  modcast tag v1.1 production~1 -m 'Before the redesign'
  modcast tag --force v1.1 12            moves it
  modcast tag -d v1.1
  modcast tag -l 'v1.*'
  modcast diff v1.0 production --stat`,
    )
    .action((name: string | undefined, rest: string[], options: TagOptions) => tag(io, name, rest, options));
}

const usage = (message: string, expected: string, found: unknown): ModcastError =>
  new ModcastError('option-invalid', message, { expected, found });

async function tag(io: Io, name: string | undefined, rest: string[], options: TagOptions): Promise<void> {
  const names = name === undefined ? [] : [name, ...rest];
  if (options.delete && options.list) throw usage('choose one of -d and -l', '-d or -l', ['-d', '-l']);
  const only = (['message', 'force', 'author'] as const).find((each) => options[each] !== undefined);
  if (only !== undefined && (name === undefined || options.delete || options.list))
    throw usage(`--${only} is for a new tag: modcast tag <name> [ref]`, 'a name of a tag', only);
  await withStore(io, options, async (store) => {
    if (options.delete) return deleteTags(io, store, names, options);
    if (options.list || name === undefined) return listTags(io, store, names, options);
    if (rest.length > 1)
      throw usage('a tag names one deploy: modcast tag <name> [ref]', 'one ref', rest.slice(1));
    return putTag(io, store, name, rest[0], options);
  });
}

async function putTag(io: Io, store: Store, text: string, ref = 'HEAD', options: TagOptions): Promise<void> {
  const name = parseTagName(text);
  const deploy = await resolveDeploy(store, ref, io.now());
  const fresh: Tag = {
    name,
    deploy: deploy.number,
    time: io.now(),
    author: options.author ?? userName(),
    message: options.message ?? '',
  };
  const replaced = await store.putTag(fresh, { force: options.force === true });
  if (options.json)
    return writeJson(io, { ...tagJson(fresh, deployJson(deploy)), replaced: replaced?.deploy ?? null });
  const { bold, yellow, dim } = io.colours;
  const was =
    replaced === null || replaced.deploy === deploy.number ? '' : dim(` (was deploy ${replaced.deploy})`);
  io.write(`${bold(name)} is ${yellow(`deploy ${deploy.number}`)} on ${deploy.channel}${was}\n`);
}

/** Deletes all of them, or none if one does not exist. */
async function deleteTags(
  io: Io,
  store: Store,
  names: readonly string[],
  options: TagOptions,
): Promise<void> {
  if (names.length === 0) throw usage('which tag? modcast tag -d <name>', 'names of tags', names);
  const tags = await store.tags();
  const unique = [...new Set(names.map((name) => name.normalize('NFC')))];
  for (const name of unique) if (!tags.some((each) => each.name === name)) throw tagUnknown(name, tags);
  const deleted: Tag[] = [];
  for (const name of unique) {
    const found = await store.deleteTag(name);
    // Null: another process has deleted it.
    if (found !== null) deleted.push(found);
  }
  if (options.json)
    return writeJson(
      io,
      deleted.map(({ name, deploy }) => ({ name, deploy })),
    );
  for (const { name, deploy } of deleted)
    io.write(`Deleted ${name} ${io.colours.dim(`(was deploy ${deploy})`)}\n`);
}

/** As the patterns of `git tag -l`: "*" stands for "/" too. */
function globOf(pattern: string): RegExp {
  const source = pattern
    .normalize('NFC')
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}

async function listTags(
  io: Io,
  store: Store,
  patterns: readonly string[],
  options: TagOptions,
): Promise<void> {
  const globs = patterns.map(globOf);
  const tags = (await store.tags()).filter(
    ({ name }) => globs.length === 0 || globs.some((glob) => glob.test(name)),
  );
  const found = await Promise.all(
    tags.map(async (each) => ({ tag: each, deploy: await store.deploy(each.deploy) })),
  );
  if (options.json) {
    const byDeploy = await tagsByDeploy(store);
    return writeJson(
      io,
      found.map(({ tag: each, deploy }) => tagJson(each, deploy && deployJson(deploy, byDeploy))),
    );
  }
  if (found.length === 0)
    return io.write(
      patterns.length === 0 ? 'No tags yet. Make one with `modcast tag <name>`.\n' : 'No tag matches.\n',
    );
  const { cyan, yellow, dim } = io.colours;
  await paged(io, (write) =>
    write(
      formatTable(
        [
          { title: 'tag' },
          { title: 'deploy', align: 'right', paint: yellow },
          { title: 'channel', paint: cyan, expendable: true },
          { title: 'when', whole: true },
          { title: 'who', expendable: true },
          { title: 'message', shrinks: true },
        ],
        found.map(({ tag: each, deploy }) => [
          each.name,
          String(each.deploy),
          deploy?.channel ?? '',
          formatTime(io, options.time, each.time),
          each.author,
          each.message.split('\n', 1)[0]!,
        ]),
        io.columns,
        dim,
      ),
    ),
  );
}
