import { Command } from 'commander';
import { listFiles, type Listed } from '../../registry/history/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { readDeployPaths } from '../options/deploy-paths.js';
import { REFS_HELP } from '../options/refs.js';
import { count, formatBytes } from '../output/format.js';
import { writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { formatTable } from '../output/table.js';
import { printable } from '../output/text.js';

interface LsOptions extends DatabaseOptions {
  recursive?: true;
  nameOnly?: true;
  json?: true;
}

export function lsCommand(io: Io): Command {
  const command = new Command('ls')
    .summary('list the files of a deploy, with sizes')
    .description(
      'Lists the files and directories of a deploy. A directory has the size of all files in it. The first argument is a path if it is no ref.',
    )
    .argument('[ref]', 'the deploy to read (default: the newest of production, else the newest of all)')
    .argument('[path...]', 'directories or files (default: the whole site)')
    .option('-r, --recursive', 'list all files, and no directories')
    .option('--name-only', 'list only paths, one a line');
  jsonOption(
    databaseOption(command),
    'a list of kind (file, directory), path, size; of a file hash, type; of a directory files',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast ls
  modcast ls lib/
  modcast ls production~3 lib/ -r
  modcast ls --name-only -r | xargs -n 1 modcast blame`,
    )
    .action((ref: string | undefined, paths: string[], options: LsOptions) =>
      ls(io, [...(ref === undefined ? [] : [ref]), ...paths], options),
    );
}

const listedJson = (one: Listed) =>
  one.kind === 'file' ? { kind: one.kind, path: one.path, ...one.module } : one;

async function ls(io: Io, args: readonly string[], options: LsOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const read = await readDeployPaths(io, store, args);
    if (read === null) return options.json ? writeJson(io, []) : io.write(`${NO_DEPLOYS}\n`);
    const names = read.paths.length === 0 ? [''] : read.paths;
    const listed = names.flatMap((name) => listFiles(read.manifest, name, options.recursive));
    if (options.json) return writeJson(io, listed.map(listedJson));
    await paged(io, (write) =>
      write(options.nameOnly ? listed.map(({ path }) => `${printable(path)}\n`).join('') : table(io, listed)),
    );
  });
}

function table(io: Io, listed: readonly Listed[]): string {
  if (listed.length === 0) return 'The deploy has no files.\n';
  const { dim, cyan } = io.colours;
  return formatTable(
    [
      { title: 'size', align: 'right' },
      { title: 'hash', paint: dim, whole: true, expendable: true },
      { title: 'type', paint: dim, optional: true },
      {
        title: 'path',
        shrinks: true,
        cut: 'start',
        paint: (text) => (text.endsWith('/') ? cyan(text) : text),
      },
    ],
    listed.map((one) =>
      one.kind === 'file'
        ? [formatBytes(one.module.size), one.module.hash.slice(0, 10), one.module.type, one.path]
        : [formatBytes(one.size), '', count(one.files, 'file'), one.path],
    ),
    io.columns,
    dim,
  );
}
