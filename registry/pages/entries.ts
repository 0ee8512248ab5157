import {
  EMPTY_IMPORT_MAP,
  naturalUrl,
  pathOfUrl,
  resolveSpecifier,
  type ImportMap,
  PLACEHOLDER_ROOT,
} from '../../importmap/index.js';
import type { Path } from '../../schema/index.js';
import { pageImportMapOf } from './import-map-text.js';
import type { Page } from './read-page.js';

/** The import map of a page. Empty when it is invalid. */
export function pageImportMap(page: Page, base: string): ImportMap {
  if (page.importMap === undefined) return EMPTY_IMPORT_MAP;
  try {
    return pageImportMapOf(page.importMap, base);
  } catch {
    // Ignore an invalid import map, as browsers do.
    return EMPTY_IMPORT_MAP;
  }
}

/** The base URL of a page's scripts and import maps. */
export function baseOf(page: Pick<Page, 'base'>, at: Path): string {
  const self = naturalUrl(PLACEHOLDER_ROOT, at);
  return page.base !== undefined && URL.canParse(page.base, self) ? new URL(page.base, self).href : self;
}

/** The entries of a page in document order: its module scripts, and the imports of its inline ones. */
export function pageEntries(page: Page, at: Path, modules: ReadonlyMap<Path, unknown>): Path[] {
  const base = baseOf(page, at);
  const map = pageImportMap(page, base);
  const found = new Set<Path>();
  const add = (url: string | undefined) => {
    const path = url === undefined ? undefined : pathOfUrl(PLACEHOLDER_ROOT, url);
    if (path !== undefined && modules.has(path)) found.add(path);
  };
  for (const script of page.scripts) {
    if (script.src !== undefined)
      add(URL.canParse(script.src, base) ? new URL(script.src, base).href : undefined);
    for (const { specifier } of script.imports) {
      const resolution = resolveSpecifier(map, specifier, base);
      if (resolution.state === 'resolved') add(resolution.url);
    }
  }
  return [...found];
}
