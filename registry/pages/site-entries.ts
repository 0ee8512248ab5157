import { PLACEHOLDER_ROOT, type ImportMap } from '../../importmap/index.js';
import {
  byCodeUnit,
  type Hash,
  type Manifest,
  type ManifestModule,
  type Path,
  type SiteImportMap,
} from '../../schema/index.js';
import { DeployPackageMaps } from '../packages/deploy-package-map.js';
import { pageEntries, pageImportMap } from './entries.js';
import { PageSummaries } from './page-summaries.js';

/** The import map as a page at the site's root would have it. Null when it is empty. */
function atRoot(map: ImportMap, root: string): SiteImportMap | null {
  if (map.imports.size + map.scopes.size + map.integrity.size === 0) return null;
  const relative = (text: string): string => {
    if (text.startsWith(root)) return `./${text.slice(root.length)}`;
    // Of the same host, outside of the site.
    return text.startsWith(PLACEHOLDER_ROOT) ? text.slice(PLACEHOLDER_ROOT.length - 1) : text;
  };
  const relativeKeys = <V>(inner: ReadonlyMap<string, V>, value: (one: V) => unknown) =>
    Object.fromEntries([...inner].map(([key, one]) => [relative(key), value(one)]));
  const address = (url: string | null) => (url === null ? null : relative(url));
  return {
    imports: relativeKeys(map.imports, address),
    scopes: relativeKeys(map.scopes, (rules) => relativeKeys(rules, address)),
    integrity: relativeKeys(map.integrity, (hash) => hash),
  };
}

/**
 * The entries of all pages of a site, and the import map of the page nearest to the root, by depth and then
 * by name, with the rules of packages. A page with its own map still uses that.
 *
 * @param root URL of the site's root, as `placeholderRoot` returns it
 */
export async function siteEntries(
  pages: readonly (readonly [Path, ManifestModule])[],
  modules: ReadonlyMap<Path, ManifestModule>,
  bytesOf: (hash: Hash) => Promise<Uint8Array>,
  summaries = new PageSummaries(),
  root = PLACEHOLDER_ROOT,
): Promise<Pick<Manifest, 'entries' | 'importMap'>> {
  const entries = new Set<Path>();
  const packages = await new DeployPackageMaps(bytesOf, root).of({ modules });
  let importMap: SiteImportMap | null = null;
  const depth = (path: Path) => path.split('/').length;
  const nearest = pages.toSorted(([a], [b]) => depth(a) - depth(b) || byCodeUnit(a, b));
  for (const [path, { hash }] of nearest) {
    const page = await summaries.read(hash, bytesOf);
    const hasOwn = importMap === null && atRoot(pageImportMap(page, path, root), root) !== null;
    if (hasOwn) importMap = atRoot(pageImportMap(page, path, root, packages), root);
    for (const entry of pageEntries(page, path, modules, root, packages)) entries.add(entry);
  }
  importMap ??= atRoot(packages, root);
  return { entries: [...entries].toSorted(byCodeUnit), importMap };
}
