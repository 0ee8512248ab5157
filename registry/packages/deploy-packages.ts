import { Resolver, moduleAt, naturalUrl, PLACEHOLDER_ROOT } from '../../importmap/index.js';
import {
  PACKAGES_LIST,
  byCodeUnit,
  parsePackagePath,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import { readBlob } from '../history/read-blob.js';
import type { Store } from '../store/store.js';
import { DeployPackageMaps } from './deploy-package-map.js';
import { parsePackageList, type PackageFacts } from './package-list.js';

/** A package of which a deploy has files. */
export interface DeployPackage extends PackageFacts {
  /** `lit@3.3.0`; the second of two that differ is `lit@3.3.0~2`. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Sorted by path. */
  readonly files: readonly { readonly path: Path; readonly hash: Hash; readonly size: number }[];
  /** The `id`s of packages that its files import, sorted. */
  readonly dependencies: readonly string[];
}

export interface DeployPackages {
  /** Sorted by `id`. */
  readonly packages: readonly DeployPackage[];
  /** The `id`s of those that the site's own files import. */
  readonly direct: readonly string[];
}

/** The `id` of the package that a file of a deploy belongs to. */
function packageIdOf(path: Path): string | null {
  const found = parsePackagePath(path);
  return found === null ? null : `${found.name}@${found.version}`;
}

/**
 * The packages of a deploy, from the store alone.
 * @throws ModcastError `blob-unknown`, `blob-damaged`
 */
export async function deployPackages(
  store: Pick<Store, 'blobs' | 'links'>,
  manifest: Manifest,
): Promise<DeployPackages> {
  const files = new Map<string, DeployPackage['files'][number][]>();
  for (const [path, { hash, size }] of manifest.modules) {
    const id = packageIdOf(path);
    if (id === null) continue;
    const known = files.get(id) ?? [];
    files.set(id, known);
    known.push({ path, hash, size });
  }
  const list = manifest.modules.get(PACKAGES_LIST)?.hash;
  const facts =
    list === undefined ? {} : parsePackageList(Buffer.from(await readBlob(store, list)).toString());
  const dependencies = await importedPackages(store, manifest);
  const packages = [...files].map(([id, own]): DeployPackage => {
    const { name, version } = parsePackagePath(own[0]!.path)!;
    return {
      ...facts[id],
      id,
      name,
      version: version.replace(/~\d+$/, ''),
      files: own.toSorted((a, b) => byCodeUnit(a.path, b.path)),
      dependencies: sorted(dependencies.get(id)),
    };
  });
  return {
    packages: packages.toSorted((a, b) => byCodeUnit(a.id, b.id)),
    direct: sorted(dependencies.get('')),
  };
}

const sorted = (ids: Iterable<string> = []): string[] => [...ids].toSorted(byCodeUnit);

/** By the `id` of a package, those that it imports. The site itself is ''. */
async function importedPackages(
  store: Pick<Store, 'blobs' | 'links'>,
  manifest: Manifest,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const site = { root: PLACEHOLDER_ROOT, manifest };
  const map = await new DeployPackageMaps((hash) => readBlob(store, hash)).of(manifest);
  const resolver = new Resolver(map);
  const found = new Map<string, Set<string>>();
  const add = (importer: string, url: string) => {
    const path = moduleAt(site, url)?.path;
    const id = path === undefined ? null : packageIdOf(path);
    if (id === null || id === importer) return;
    found.set(importer, (found.get(importer) ?? new Set()).add(id));
  };
  // What the site's pages import by name is what the map says for the whole site.
  for (const [specifier] of map.imports) {
    const resolved = resolver.resolve(specifier, site.root);
    if (resolved.state === 'resolved') add('', resolved.url);
  }
  const modules = [...manifest.modules].filter(([, { type }]) => type === 'text/javascript');
  const links = await store.links([...new Set(modules.map(([, { hash }]) => hash))]);
  for (const [path, { hash }] of modules) {
    for (const link of links.get(hash)?.list ?? []) {
      if (link.kind === 'source-map' || !('specifier' in link) || link.specifier === undefined) continue;
      const resolved = resolver.resolve(link.specifier, naturalUrl(site.root, path));
      if (resolved.state === 'resolved') add(packageIdOf(path) ?? '', resolved.url);
    }
  }
  return found;
}
