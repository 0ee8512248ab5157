import {
  EMPTY_IMPORT_MAP,
  naturalUrl,
  pathOfUrl,
  resolveSpecifier,
  withPackages,
  type ImportMap,
  PLACEHOLDER_ROOT,
} from '../../importmap/index.js';
import type { Path } from '../../schema/index.js';
import { pageImportMapOf } from './import-map-text.js';
import type { Page } from './read-page.js';

/** The first import map of a page with the rules of packages. Without its own rules when it is invalid. */
export const pageImportMap = (
  page: Page,
  at: Path,
  root = PLACEHOLDER_ROOT,
  packages: ImportMap = EMPTY_IMPORT_MAP,
): ImportMap => withPackages(ownImportMap(page, at, root), packages, root);

function ownImportMap(page: Page, at: Path, root: string): ImportMap {
  if (page.importMap === undefined) return EMPTY_IMPORT_MAP;
  try {
    return pageImportMapOf(page.importMap, mapBase(page, at, 0, root));
  } catch {
    // Ignore an invalid import map, as browsers do.
    return EMPTY_IMPORT_MAP;
  }
}

/** The base URL of an import map of a page, by its index. */
export const mapBase = (page: Page, at: Path, index: number, root = PLACEHOLDER_ROOT): string =>
  pageBase(page, at, index < (page.mapsBeforeBase ?? 0), root);

/** The base URL of a page's scripts and import maps. Those before `<base>` have the page's own. */
export function pageBase(page: Page, at: Path, beforeBase = false, root = PLACEHOLDER_ROOT): string {
  const self = naturalUrl(root, at);
  if (beforeBase) return self;
  return page.base !== undefined && URL.canParse(page.base, self) ? new URL(page.base, self).href : self;
}

/**
 * The entries of a page in document order: its module scripts, and the imports of its inline ones.
 *
 * @param root URL of the site's root, as `placeholderRoot` returns it
 * @param packages the deploy's import map for packages
 */
export function pageEntries(
  page: Page,
  at: Path,
  modules: ReadonlyMap<Path, unknown>,
  root = PLACEHOLDER_ROOT,
  packages: ImportMap = EMPTY_IMPORT_MAP,
): Path[] {
  const map = pageImportMap(page, at, root, packages);
  const found = new Set<Path>();
  const add = (url: string | undefined) => {
    const path = url === undefined ? undefined : pathOfUrl(root, url);
    if (path !== undefined && modules.has(path)) found.add(path);
  };
  for (const script of page.scripts) {
    const base = pageBase(page, at, script.beforeBase, root);
    if (script.src !== undefined)
      add(URL.canParse(script.src, base) ? new URL(script.src, base).href : undefined);
    for (const { specifier } of script.imports) {
      const resolution = resolveSpecifier(map, specifier, base);
      if (resolution.state === 'resolved') add(resolution.url);
    }
  }
  return [...found];
}
