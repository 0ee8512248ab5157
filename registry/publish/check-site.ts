import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  EMPTY_IMPORT_MAP,
  ModuleGraph,
  ResolvedImports,
  Resolver,
  naturalUrl,
  parseImportMap,
  PLACEHOLDER_ROOT,
} from '../../importmap/index.js';
import { ModcastError, type Path } from '../../schema/index.js';
import { siteImports } from '../check/site-imports.js';
import { placeIn } from '../ingest/syntax.js';
import type { SiteContent } from './read-site.js';

/** What would break in a browser, and where the author wrote it. Line and column from 1. */
export interface SiteProblem {
  readonly kind: 'import' | 'syntax';
  readonly path: Path;
  readonly line: number;
  readonly column: number;
  /** For `import`. */
  readonly specifier?: string;
  /** For `syntax`, in the parser's words. */
  readonly message?: string;
}

/**
 * What keeps a site from booting, in what its entries import statically, in the order of evaluation: files that do not parse, and
 * specifiers, relative or by the site's import map, of files that are not there. A file that is there but is none of the registry's comes from the
 * site itself. A site without pages is checked from each of its modules, scripts that are no modules aside.
 */
export function checkSite(site: SiteContent): SiteProblem[] {
  const { manifest, links, broken, directory } = site;
  const map =
    manifest.importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(manifest.importMap, PLACEHOLDER_ROOT).map;
  const resolver = new Resolver(map);
  const byHash = new Map([...manifest.modules].map(([name, module]) => [module.hash, links.get(name)]));
  const graph = new ModuleGraph({ root: PLACEHOLDER_ROOT, manifest }, new ResolvedImports(resolver), (hash) =>
    byHash.get(hash),
  );
  const all = [...manifest.modules.keys()].filter((name) => !broken.has(name) && links.get(name) !== null);
  const roots = manifest.entries.length > 0 ? manifest.entries : all;
  const checked = new Set<Path>();
  const problems: SiteProblem[] = [];
  for (const { path: name, hash } of graph.closure(roots.map((root) => naturalUrl(PLACEHOLDER_ROOT, root)))
    .modules) {
    if (checked.has(name)) continue;
    checked.add(name);
    const syntax = broken.get(name);
    if (syntax !== undefined) {
      const { line = 1, column = 1, message } = syntax;
      problems.push({ kind: 'syntax', path: name, line, column, message });
      continue;
    }
    for (const { kind, specifier, start, leads, targets } of siteImports(name, links.get(name), [resolver])) {
      if (kind !== 'static' || leads === 'nowhere') continue;
      const isThere = (target: Path) =>
        manifest.modules.has(target) || existsSync(path.join(directory, target));
      if (targets.some(isThere)) continue;
      problems.push({ kind: 'import', path: name, ...placeIn(site.bytes(hash), start), specifier });
    }
  }
  return problems;
}

/** `lib/a.mjs:3:19: cannot find "./b.mjs"` */
export const describeProblem = ({ path: name, line, column, specifier, message }: SiteProblem): string =>
  `${name}:${line}:${column}: ${specifier === undefined ? message : `cannot find ${JSON.stringify(specifier)}`}`;

/**
 * @param allowMissing lets unresolved imports by
 * @throws ModcastError `syntax-invalid`, `imports-unresolved` (found: the problems)
 */
export function refuseBroken(problems: readonly SiteProblem[], allowMissing: boolean): void {
  const grave = problems.filter((problem) => problem.kind === 'syntax' || !allowMissing);
  if (grave.length === 0) return;
  const code = grave.some((problem) => problem.kind === 'syntax') ? 'syntax-invalid' : 'imports-unresolved';
  throw new ModcastError(code, grave.map(describeProblem).join('\n'), {
    expected: 'modules that parse and find what they import',
    found: grave,
  });
}
