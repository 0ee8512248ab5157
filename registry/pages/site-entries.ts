import { PLACEHOLDER_ROOT, type ImportMap } from '../../importmap/index.js';
import {
  byCodeUnit,
  type Hash,
  type Manifest,
  type ManifestModule,
  type Path,
  type SiteImportMap,
} from '../../schema/index.js';
import { pageEntries, pageImportMap } from './entries.js';
import { PageSummaries } from './page-summaries.js';

const relative = (text: string): string =>
  text.startsWith(PLACEHOLDER_ROOT) ? `./${text.slice(PLACEHOLDER_ROOT.length)}` : text;

function relativeKeys<V>(map: ReadonlyMap<string, V>, value: (inner: V) => unknown): Record<string, unknown> {
  return Object.fromEntries([...map].map(([key, inner]) => [relative(key), value(inner)]));
}

const address = (url: string | null) => (url === null ? null : relative(url));

/** The import map as a page at the site's root would have it. Null when it is empty. */
function atRoot(map: ImportMap): SiteImportMap | null {
  if (map.imports.size + map.scopes.size + map.integrity.size === 0) return null;
  return {
    imports: relativeKeys(map.imports, address),
    scopes: relativeKeys(map.scopes, (rules) => relativeKeys(rules, address)),
    integrity: relativeKeys(map.integrity, (hash) => hash),
  };
}

/**
 * The entries of all pages of a site, and the import map of the page nearest to the root, by depth and then
 * by name. A page with its own map still uses that.
 */
export async function siteEntries(
  pages: readonly (readonly [Path, ManifestModule])[],
  modules: ReadonlyMap<Path, ManifestModule>,
  bytesOf: (hash: Hash) => Promise<Uint8Array>,
  summaries = new PageSummaries(),
): Promise<Pick<Manifest, 'entries' | 'importMap'>> {
  const entries = new Set<Path>();
  let importMap: SiteImportMap | null = null;
  const depth = (path: Path) => path.split('/').length;
  const nearest = pages.toSorted(([a], [b]) => depth(a) - depth(b) || byCodeUnit(a, b));
  for (const [path, { hash }] of nearest) {
    const page = await summaries.read(hash, bytesOf);
    importMap ??= atRoot(pageImportMap(page, path));
    for (const entry of pageEntries(page, path, modules)) entries.add(entry);
  }
  return { entries: [...entries].toSorted(byCodeUnit), importMap };
}
