import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import { exportDeploy, exportStatic, type ExportOptions } from '../../registry/export/index.js';
import { resolveDeploy } from '../../registry/history/refs.js';
import { ModcastError } from '../../schema/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { count, formatBytes } from '../output/format.js';
import type { Io } from '../io.js';
import { jsonOption, writeJson } from '../output/pager.js';
import { ProgressLine } from '../output/progress-line.js';

interface ExportCommandOptions extends DatabaseOptions {
  static: boolean;
  base?: string;
  assets?: string;
  force: boolean;
  json?: boolean;
}

const DEFAULT_BASE = '/';

function basePath(text: string): string {
  if (!/^\/(?:[\w.~-]+\/)*$/.test(text) || /\/\.{1,2}\//.test(text)) {
    throw new InvalidArgumentError('a path like / or /site/.');
  }
  return text;
}

export function exportCommand(io: Io): Command {
  const command = new Command('export')
    .summary('write the files of a deploy into a directory')
    .description(
      'Writes the files of a deploy as they were read. With --static the pages carry the loader, and beside them lies all that it asks for: the site boots from any host of plain files or CDN, with no server. It holds what the registry keeps; --assets copies the rest of the site.',
    )
    .argument('<ref>', 'the deploy: a number, a channel, latest, latest~2, @{yesterday}, …')
    .argument('<dir>', 'a new or empty directory')
    .option('--static', 'lay everything out for a host of plain files', false)
    .option(
      '--base <path>',
      `with --static: path under which the site will lie (default: ${DEFAULT_BASE})`,
      basePath,
    )
    .option('--assets <dir>', 'with --static: copy images, fonts and the like from the directory of the site')
    .option(
      '--force',
      'write into a directory that is not empty: same names are replaced, others stay',
      false,
    )
    .addHelpText(
      'after',
      `
Examples:
  modcast export production ./site
  modcast export 12 ./before && diff -r ./before ./public
  modcast export production ./dist --static --assets ./public
  modcast export production ./dist --static --force    over the last one: open tabs still find their modules`,
    )
    .action((ref: string, directory: string, options: ExportCommandOptions) =>
      exportTo(io, ref, directory, options),
    );
  jsonOption(command, '{deploy, manifest, channel, directory, files, bytes}');
  return databaseOption(command);
}

async function exportTo(
  io: Io,
  ref: string,
  given: string,
  { static: isStatic, base, assets, force, json, ...options }: ExportCommandOptions,
): Promise<void> {
  const idle = isStatic
    ? undefined
    : base !== undefined
      ? '--base'
      : assets !== undefined
        ? '--assets'
        : undefined;
  if (idle !== undefined) {
    throw new ModcastError('option-invalid', `${idle} is for --static, which is not there`, {
      expected: '--static',
      found: idle,
    });
  }
  const directory = path.resolve(io.cwd, given);
  const line = new ProgressLine(io);
  const { deploy, files, bytes } = await withStore(io, options, async (store) => {
    const { number } = await resolveDeploy(store, ref, io.now());
    const shared: ExportOptions = {
      store,
      deploy: number,
      directory,
      force,
      progress: ({ done, total }) =>
        line.show(`  writing ${done.toLocaleString('en')} of ${count(total, 'file')}…`),
    };
    try {
      return await (isStatic
        ? exportStatic({
            ...shared,
            base: base ?? DEFAULT_BASE,
            assets: assets === undefined ? null : path.resolve(io.cwd, assets),
          })
        : exportDeploy(shared));
    } finally {
      line.clear();
    }
  });
  const { number, channel, manifest } = deploy;
  if (json === true) return writeJson(io, { deploy: number, manifest, channel, directory, files, bytes });
  io.write(`deploy ${number} of ${channel}: ${count(files, 'file')}, ${formatBytes(bytes)} in ${given}\n`);
}
