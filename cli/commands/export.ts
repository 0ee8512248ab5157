import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import { exportDeploy, exportStatic, type ExportOptions } from '../../registry/export/index.js';
import { resolveDeploy } from '../../registry/history/refs.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { withSlash } from '../options/values.js';
import { jsonOption } from '../options/json-option.js';
import { count, formatBytes } from '../output/format.js';
import { writeJson } from '../output/json.js';
import { ProgressLine } from '../output/progress-line.js';

interface ExportCommandOptions extends ConfigOptions, DatabaseOptions {
  static: boolean;
  base?: string;
  assets?: string;
  fuse?: boolean;
  force: boolean;
  json?: boolean;
}

const DEFAULT_BASE = '/';

function basePath(text: string): string {
  const base = withSlash(text);
  if (!/^\/(?:[\w.~-]+\/)*$/.test(base) || /\/\.{1,2}\//.test(base)) {
    throw new InvalidArgumentError('a path that begins with a slash, like / or /site/.');
  }
  return base;
}

export function exportCommand(io: Io): Command {
  const command = new Command('export')
    .summary('write the files of a deploy to a directory')
    .description(
      'Writes the files of a deploy, exactly as they were published. With --static the pages load modcast, and everything that it requests is written too: the site boots from any static host or CDN, without a modcast server. A deploy that `modcast serve` made has no images and other assets: --assets copies those. A single-page application needs a rule of its host (docs/routes.md).',
    )
    .argument('<ref>', 'the deploy: 12, production, latest~2, @{yesterday}')
    .argument('<dir>', 'a new or empty directory')
    .option('--static', 'write a site that boots from a static host', false)
    .option(
      '--base <path>',
      `with --static: URL path of the site on its host (default: ${DEFAULT_BASE})`,
      basePath,
    )
    .option(
      '--assets <dir>',
      'with --static: the directory of the site, to copy assets from that the deploy does not have',
    )
    .option('--fuse', 'with --static: join modules into runs, which boot faster (experimental)')
    .option(
      '--force',
      'write into a directory that is not empty: replaces files of the same name, keeps others',
      false,
    )
    .addHelpText(
      'after',
      `
Examples:
  modcast export production ./site
  modcast export 12 ./before && diff -r ./before ./public
  modcast export production ./dist --static
  modcast export dev ./dist --static --assets ./public
  modcast export production ./dist --static --force    a newer deploy; open tabs still find their modules`,
    )
    .action((ref: string, directory: string, options: ExportCommandOptions) =>
      exportTo(io, ref, directory, options),
    );
  jsonOption(command, '{deploy, manifest, channel, directory, files, bytes}');
  return databaseOption(configOption(command, 'with --static: '));
}

async function exportTo(
  io: Io,
  ref: string,
  given: string,
  { static: isStatic, base, assets, fuse, config, force, json, ...options }: ExportCommandOptions,
): Promise<void> {
  const staticOptions = { '--base': base, '--assets': assets, '--fuse': fuse, '--config': config };
  const staticOnly = Object.entries(staticOptions).find(([, value]) => value !== undefined)?.[0];
  if (!isStatic && staticOnly !== undefined) {
    throw new ModcastError('option-invalid', `${staticOnly} needs --static`, {
      expected: '--static',
      found: staticOnly,
    });
  }
  const directory = path.resolve(io.cwd, given);
  const transforms = await ownTransforms(io, { config });
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
            fuse: fuse === true,
            transforms,
          })
        : exportDeploy(shared));
    } finally {
      line.clear();
    }
  });
  const { number, channel, manifest } = deploy;
  if (json === true) return writeJson(io, { deploy: number, manifest, channel, directory, files, bytes });
  io.write(
    `Wrote ${count(files, 'file')} of deploy ${number} on ${channel} to ${given}, ${formatBytes(bytes)}.\n`,
  );
}
