import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import {
  type Hash,
  LIMITS,
  type Manifest,
  type ManifestModule,
  ModcastError,
  PACKAGES_MAP,
  type Path,
} from '../../schema/index.js';
import { siteEntries } from '../pages/site-entries.js';
import { PageSummaries } from '../pages/page-summaries.js';

/** @throws ModcastError `manifest-invalid` */
export function checkModuleCount(count: number): void {
  if (count <= LIMITS.manifestModules) return;
  throw new ModcastError('manifest-invalid', `the directory holds ${count} files`, {
    expected: `at most ${LIMITS.manifestModules}`,
    found: count,
  });
}

const pagesOf = (modules: ReadonlyMap<Path, ManifestModule>): [Path, ManifestModule][] =>
  [...modules].filter(([, { type }]) => type === 'text/html');

/**
 * The manifest of a site with these files. Its entries and import map come from the site's pages.
 *
 * @param root URL of the site's root, as `placeholderRoot` returns it
 * @throws ModcastError `manifest-invalid`
 */
export async function siteManifest(
  modules: ReadonlyMap<Path, ManifestModule>,
  bytesOf: (hash: Hash) => Promise<Uint8Array>,
  summaries = new PageSummaries(),
  root = PLACEHOLDER_ROOT,
): Promise<Manifest> {
  checkModuleCount(modules.size);
  return { modules, ...(await siteEntries(pagesOf(modules), modules, bytesOf, summaries, root)) };
}

/**
 * Makes the manifests of a site that changes. It goes through the pages again only when a page or the set of
 * paths changes, and reads only those that are new.
 */
export class ManifestBuilder {
  readonly #summaries: PageSummaries;
  readonly #root: string;
  #last: { readonly key: string; readonly site: Pick<Manifest, 'entries' | 'importMap'> } | undefined;

  /** @param root URL of the site's root, as `placeholderRoot` returns it */
  constructor(summaries = new PageSummaries(), root = PLACEHOLDER_ROOT) {
    this.#summaries = summaries;
    this.#root = root;
  }

  /**
   * @param pathChanges another number for another set of paths
   * @param before the channel's manifest, which spares reading the pages for the first time
   * @throws ModcastError `manifest-invalid`
   */
  async build(
    modules: ReadonlyMap<Path, ManifestModule>,
    pathChanges: number,
    before: () => Promise<Manifest | null>,
    bytesOf: (hash: Hash) => Promise<Uint8Array>,
  ): Promise<Manifest> {
    checkModuleCount(modules.size);
    const pages = pagesOf(modules);
    const packages = modules.get(PACKAGES_MAP)?.hash;
    const key = JSON.stringify([
      pages.map(([path, { hash }]) => [path, hash]).toSorted(),
      pathChanges,
      packages,
    ]);
    if (this.#last?.key !== key) {
      // An earlier manifest may have been made for a site at another path.
      const isAtRoot = this.#root === PLACEHOLDER_ROOT;
      const known = this.#last === undefined && isAtRoot ? await before() : null;
      const isSame = known !== null && hasSameSite(known, modules, pages);
      const { entries, importMap } = isSame
        ? known
        : await siteManifest(modules, bytesOf, this.#summaries, this.#root);
      this.#summaries.retain(new Set(pages.map(([, { hash }]) => hash)));
      this.#last = { key, site: { entries, importMap } };
    }
    return { modules: new Map(modules), ...this.#last.site };
  }
}

/** Whether a manifest has the same paths and the same pages, and so the same entries and import map. */
function hasSameSite(
  manifest: Manifest,
  modules: ReadonlyMap<Path, ManifestModule>,
  pages: readonly (readonly [Path, ManifestModule])[],
): boolean {
  return (
    manifest.modules.size === modules.size &&
    [...modules.keys()].every((path) => manifest.modules.has(path)) &&
    [...pages.map(([path]) => path), PACKAGES_MAP].every(
      (path) => manifest.modules.get(path)?.hash === modules.get(path)?.hash,
    )
  );
}
