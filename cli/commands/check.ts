import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { SITE_FILTER } from '../../registry/ingest/files.js';
import { DEFAULT_CONDITIONS } from '../../registry/packages/package-resolver.js';
import { diagnoseSite, readSite } from '../../registry/publish/index.js';
import { EXIT, type Io } from '../io.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { filterOf, filterOptions, type FilterOptions } from '../options/filter.js';
import { jsonOption } from '../options/json-option.js';
import { packageOptions, type PackageOptions } from '../options/packages.js';
import { diagnosticText } from '../output/diagnostic-text.js';
import { count } from '../output/format.js';
import { writeJson } from '../output/json.js';

interface CheckOptions extends ConfigOptions, FilterOptions, PackageOptions {
  json?: boolean;
}

export function checkCommand(io: Io): Command {
  const command = filterOptions(new Command('check').argument('[dir]', 'directory of the site', '.'), 'all');
  return jsonOption(
    configOption(packageOptions(command)),
    '{problems: […], types: "passed"|"failed"|"none", output}',
  )
    .summary('check a site without publishing it: files that do not parse, imports, types')
    .description(
      'Finds what modcast publish would refuse: files that do not parse, and imports that resolve to nothing. If the directory has a tsconfig.json, and it or a directory above has TypeScript in node_modules, that checks the types, as tsc --noEmit does. The exit code is 1 if there are errors.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  modcast check ./public\n  modcast check ./app --config modcast.config.js',
    )
    .action((dir: string, options: CheckOptions) => check(io, path.resolve(io.cwd, dir), options));
}

async function check(io: Io, directory: string, options: CheckOptions): Promise<void> {
  const { packages, conditions = DEFAULT_CONDITIONS } = options;
  const mode = 'production';
  const site = await readSite(directory, filterOf(options, SITE_FILTER), () => {}, {
    purpose: 'compare',
    mode,
    packages: packages ? { conditions, mode } : null,
    transforms: await ownTransforms(io, options),
  });
  const problems = await diagnoseSite(site);
  const types = checkTypes(directory);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0 || types.state === 'failed') io.exitCode = EXIT.failed;
  if (options.json) return writeJson(io, { problems, types: types.state, output: types.output });
  for (const one of problems) io.write(`${diagnosticText(one, io.colours)}\n`);
  if (types.output !== '') io.write(types.output);
  const checked = `checked ${count(site.manifest.modules.size, 'file')}`;
  if (io.exitCode === EXIT.done) {
    io.write(
      `${io.colours.green('No errors')}: ${checked}${types.state === 'none' ? '' : ' and the types'}\n`,
    );
  }
}

/** What the project's own TypeScript says. */
function checkTypes(directory: string): { state: 'passed' | 'failed' | 'none'; output: string } {
  const none = { state: 'none', output: '' } as const;
  if (!existsSync(path.join(directory, 'tsconfig.json'))) return none;
  const tsc = findCompiler(directory);
  if (tsc === undefined) return none;
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '--noEmit', '--pretty', 'false'], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { state: status === 0 ? 'passed' : 'failed', output: stdout + stderr };
}

/** The nearest one, as Node looks for packages. */
function findCompiler(directory: string): string | undefined {
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'node_modules/typescript/bin/tsc');
    if (existsSync(file)) return file;
    if (folder === path.dirname(folder)) return undefined;
  }
}
