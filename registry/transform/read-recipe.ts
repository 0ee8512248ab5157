import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { parseTsconfig } from 'get-tsconfig';
import type { Diagnostic, Path } from '../../schema/index.js';
import { isTypeScript } from './kinds.js';
import {
  NO_RECIPE,
  RECIPE_PATH,
  recipeBytes,
  type CompilerOptions,
  type Project,
  type Recipe,
} from './recipe.js';
import { readSettings } from './settings.js';
import type { Mode } from './transform.js';

/** Variables that pages may see: the author means others for servers. */
const PUBLIC = /^(?:VITE|MODCAST)_/;

export interface ReadRecipe {
  /** Null for a site that has nothing to set: no TypeScript, no JSX, no variables. */
  readonly recipe: Recipe | null;
  readonly problems: readonly Diagnostic[];
}

/**
 * Reads how the sources of a site are transformed: each `tsconfig.json` with those it extends, the `.env`
 * files in the root, and whether `package.json` names a framework.
 *
 * @param directory absolute
 */
export function readRecipe(directory: string, paths: Iterable<Path>): ReadRecipe {
  const all = [...paths];
  const env = {
    development: readEnv(directory, 'development'),
    production: readEnv(directory, 'production'),
  };
  const hasSources = all.some(isTypeScript);
  const { settings, problems: invalid } = readSettings(directory);
  const isSet = [settings.alias, settings.define].some((each) => Object.keys(each).length > 0);
  const hasVariables = Object.keys({ ...env.development, ...env.production }).length > 0;
  if (!hasSources && !hasVariables && !isSet && !isForVite(directory, all)) {
    return { recipe: null, problems: invalid };
  }
  const problems: Diagnostic[] = [...invalid];
  const configs = all.filter((file) => /(?:^|\/)[tj]sconfig\.json$/.test(file));
  const projects = configs.flatMap((file) => readProject(directory, file, problems) ?? []);
  const recipe: Recipe = {
    ...NO_RECIPE,
    // The deepest first; of two in one folder, that for TypeScript.
    projects: projects.toSorted(
      (a, b) => depth(b.directory) - depth(a.directory) || (a.directory < b.directory ? -1 : 1),
    ),
    env,
    refresh: hasSources ? frameworkOf(directory) : null,
    ...(isSet ? settings : {}),
  };
  return { recipe, problems };
}

const depth = (directory: Path): number => (directory === '' ? 0 : directory.split('/').length);

function readProject(directory: string, file: Path, problems: Diagnostic[]): Project[] | undefined {
  const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file);
  try {
    const config = parseTsconfig(path.join(directory, file));
    const own = compilerOptions(config.compilerOptions ?? {}, directory, path.join(directory, folder));
    // A solution file, as Vite's templates have it: the options are those of what it references.
    if (own !== undefined && Object.keys(own).length > 0)
      return [{ directory: folder, compilerOptions: own }];
    const referenced = (config.references ?? []).flatMap(({ path: place }) => {
      const target = path.join(directory, folder, place);
      const name = place.endsWith('.json') ? target : path.join(target, 'tsconfig.json');
      if (!existsSync(name) || /(?:^|[./\\])node\.json$/.test(name)) return [];
      const options = compilerOptions(
        parseTsconfig(name).compilerOptions ?? {},
        directory,
        path.dirname(name),
      );
      return [options];
    });
    return [{ directory: folder, compilerOptions: Object.assign({}, ...referenced) as CompilerOptions }];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problems.push({ kind: 'syntax', severity: 'error', path: file, message, line: 1, column: 1 });
    return undefined;
  }
}

const KEPT = [
  'jsx',
  'jsxImportSource',
  'jsxFactory',
  'jsxFragmentFactory',
  'experimentalDecorators',
  'emitDecoratorMetadata',
  'useDefineForClassFields',
  'target',
  'verbatimModuleSyntax',
] as const;

/** @param folder absolute, of the configuration */
export function compilerOptions(
  found: Readonly<Record<string, unknown>>,
  directory: string,
  folder: string,
): CompilerOptions {
  const options: Record<string, unknown> = {};
  for (const name of KEPT) if (found[name] !== undefined) options[name] = found[name];
  const inSite = (place: string): Path | undefined => {
    const relative = path.relative(directory, place).split(path.sep).join('/');
    return relative.startsWith('..') || path.isAbsolute(relative) ? undefined : relative;
  };
  const { baseUrl, paths } = found as {
    baseUrl?: string;
    paths?: Readonly<Record<string, readonly string[]>>;
  };
  const base = baseUrl === undefined ? undefined : inSite(path.resolve(folder, baseUrl));
  if (base !== undefined) options['baseUrl'] = base;
  if (paths !== undefined) {
    const from = baseUrl === undefined ? (placeOfPaths(found) ?? folder) : path.resolve(folder, baseUrl);
    options['paths'] = Object.fromEntries(
      Object.entries(paths).map(([pattern, places]) => [
        pattern,
        places.flatMap((place) => inSite(path.resolve(from, place)) ?? []),
      ]),
    );
  }
  return options as CompilerOptions;
}

/**
 * The directory of the configuration that has the `paths`, which may be an extended one: a symbol names
 * it.
 */
function placeOfPaths(found: object): string | undefined {
  const symbol = Object.getOwnPropertySymbols(found).find(
    ({ description }) => description === 'implicitBaseUrl',
  );
  return symbol && (found as Record<symbol, string>)[symbol];
}

/** In the order in which they are read. Absolute. */
const envFiles = (directory: string, mode: Mode): string[] =>
  ['.env', '.env.local', `.env.${mode}`, `.env.${mode}.local`].map((name) => path.join(directory, name));

/** The files with variables of a site, for both modes. Absolute; they may be missing. */
export const variableFiles = (directory: string): string[] => [
  ...new Set([...envFiles(directory, 'development'), ...envFiles(directory, 'production')]),
];

/** As Vite: later files win. Those of the mode, and those that are not in git, are later. */
export function readEnv(directory: string, mode: Mode): Record<string, string> {
  const found: Record<string, string> = {};
  for (const file of envFiles(directory, mode)) {
    if (!existsSync(file)) continue;
    for (const [key, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) {
      if (PUBLIC.test(key) && value !== undefined) found[key] = value;
    }
  }
  return found;
}

/** Whether a site in plain JavaScript was written for Vite. */
const isForVite = (directory: string, paths: readonly Path[]): boolean =>
  paths.some((file) => /^vite\.config\.[cm]?[jt]s$/.test(file)) ||
  dependenciesOf(directory)?.has('vite') === true;

/** The framework of the package that the site is, or is in. */
function frameworkOf(directory: string): Recipe['refresh'] {
  const names = dependenciesOf(directory);
  if (names !== undefined) return names.has('react') ? 'react' : names.has('preact') ? 'preact' : null;
  const above = path.dirname(directory);
  return above === directory ? null : frameworkOf(above);
}

/** What the `package.json` of a directory depends on. Undefined where there is none. */
function dependenciesOf(directory: string): Set<string> | undefined {
  const file = path.join(directory, 'package.json');
  if (!existsSync(file)) return undefined;
  try {
    const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object | undefined>;
    const kinds = ['dependencies', 'devDependencies', 'peerDependencies'];
    return new Set(kinds.flatMap((kind) => Object.keys(json[kind] ?? {})));
  } catch {
    return new Set();
  }
}

/** The files that a deploy has for its recipe. */
export function recipeFiles(
  directory: string,
  paths: Iterable<Path>,
): { readonly files: ReadonlyMap<Path, Uint8Array>; readonly problems: readonly Diagnostic[] } {
  const { recipe, problems } = readRecipe(directory, paths);
  return { files: new Map(recipe === null ? [] : [[RECIPE_PATH, recipeBytes(recipe)]]), problems };
}
