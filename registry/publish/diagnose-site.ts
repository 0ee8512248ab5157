import {
  ModcastError,
  type Diagnostic,
  type ErrorCode,
  type Hash,
  type Links,
  type Path,
} from '../../schema/index.js';
import { ImportChecker } from '../check/import-checker.js';
import { newProblems } from '../check/new-problems.js';
import { DEFAULT_PREFIX } from '../options.js';
import type { SiteContent } from './read-site.js';

/**
 * Finds what fails in a browser in all modules that the site's pages load: imports, import maps, and files
 * that do not parse. Errors come first. A site without pages is checked from each of its modules.
 *
 * @param prefix of the routes of the registry that serves the site, below `base`
 * @param base where browsers find the site
 */
export async function diagnoseSite(
  site: SiteContent,
  prefix: string = DEFAULT_PREFIX,
  base = '/',
): Promise<Diagnostic[]> {
  const { directory, broken, mode } = site;
  const links = new Map<Hash, Links | null>();
  for (const [path, { hash }] of site.manifest.modules) {
    links.set(hash, site.links.get(path) ?? links.get(hash) ?? null);
  }
  const { modules, problems, linksOf, bytesOf } = await site.transformer.files(
    {
      modules: site.manifest.modules,
      linksOf: async (hashes) => new Map(hashes.map((hash) => [hash, links.get(hash) ?? null])),
      bytesOf: async (hash) => site.bytes(hash),
    },
    mode,
  );
  const checker = new ImportChecker({
    directory,
    prefix,
    base,
    conditions: site.conditions,
    blobs: {
      links: linksOf,
      read: async (hashes) => {
        const rows = await Promise.all(hashes.map(async (hash) => [hash, await bytesOf(hash)] as const));
        return new Map(rows.map(([hash, bytes]) => [hash, { bytes }]));
      },
    },
  });
  const { diagnostics, reached } = await checker.check({ ...site.manifest, modules });
  // A file that is no module has a problem where a module is made of it.
  const isReached = (path: Path) => reached.has(path) || !site.transformer.takes(path);
  const syntax = [...broken].flatMap(([path, problem]): Diagnostic[] => {
    const severity = reached.get(path);
    return severity === undefined ? [] : [{ ...problem, severity }];
  });
  const all = [
    ...syntax,
    ...problems.filter(({ path }) => isReached(path)),
    ...site.packageProblems,
    ...newProblems(diagnostics, site.packageProblems),
  ];
  return [...all.filter(isError), ...all.filter((one) => !isError(one))];
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

/**
 * @param allowMissing publish although imports do not resolve
 * @throws ModcastError `syntax-invalid`, `importmap-invalid`, `specifier-unresolved`, `imports-unresolved`
 *   (found: the errors)
 */
export function refuseErrors(diagnostics: readonly Diagnostic[], allowMissing: boolean): void {
  const errors = diagnostics.filter((one) => isError(one) && (one.kind === 'syntax' || !allowMissing));
  if (errors.length === 0) return;
  const { path, line, column } = errors[0]!;
  const place = `${path}:${line}:${column}`;
  const count =
    errors.length === 1 ? `an error at ${place}` : `${errors.length} errors, the first at ${place}`;
  const them = errors.length === 1 ? 'it' : 'them';
  const code = codeOf(errors);
  const advice =
    code === 'syntax-invalid'
      ? `fix ${them} and publish again`
      : `fix ${them}, or publish with --allow-missing`;
  throw new ModcastError(code, `the site has ${count}; ${advice}`, {
    expected: 'modules that parse and find what they import',
    found: errors,
  });
}

function codeOf(errors: readonly Diagnostic[]): ErrorCode {
  if (errors.some(({ kind }) => kind === 'syntax')) return 'syntax-invalid';
  if (errors.some(({ kind }) => kind === 'importmap')) return 'importmap-invalid';
  return errors.some(({ failure }) => failure !== 'unmapped') ? 'imports-unresolved' : 'specifier-unresolved';
}
