import {
  EMPTY_IMPORT_MAP,
  Resolver,
  parseImportMap,
  ModuleGraph,
  naturalUrl,
  ResolvedImports,
  moduleAt,
  type LinksOf,
  PLACEHOLDER_ROOT,
} from '../../importmap/index.js';
import {
  EMPTY_MANIFEST,
  diffManifests,
  type Channel,
  type Hash,
  type Manifest,
  type ManifestDelta,
  type Path,
} from '../../schema/index.js';
import type { VerifiedBlobs } from './verified-blobs.js';
import type { Deploy, Store } from '../store/store.js';

/** A deploy with its manifest: what a channel's clients get. */
export interface Head {
  readonly deploy: Deploy;
  readonly manifest: Manifest;
}

/** What a client lacks. */
export interface Shipment {
  readonly delta: ManifestDelta;
  /** In the order of need: the entries' closure first. `first` of them are that closure. */
  readonly hashes: readonly Hash[];
  readonly first: number;
  /** For blobs that took the place of another one at their path: that one, which the client has. */
  readonly bases: ReadonlyMap<Hash, Hash>;
  /** Bytes of each of the blobs. */
  readonly sizes: ReadonlyMap<Hash, number>;
}

/** Shipments kept: one for each pair of deploys and set of entries that clients come with. */
const KEPT_SHIPMENTS = 64;

/** Import maps for which resolved imports are kept: that of each channel that is being served, and the last before. */
const KEPT_IMPORT_MAPS = 8;

function keep<K, V>(map: Map<K, V>, key: K, value: V, limit: number): V {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) break;
    map.delete(oldest);
  }
  return value;
}

/** Whether two manifests have modules at the same paths, which import the same. */
function importAlike(a: Manifest, b: Manifest, resolved: ResolvedImports, linksOf: LinksOf): boolean {
  const { set, delete: gone } = diffManifests(a, b);
  const importsOf = (manifest: Manifest, path: Path) => {
    const module = moduleAt({ root: PLACEHOLDER_ROOT, manifest }, naturalUrl(PLACEHOLDER_ROOT, path));
    return module === undefined ? undefined : resolved.of(module, linksOf);
  };
  return (
    gone.length === 0 &&
    set.every(([path]) => {
      const before = importsOf(a, path);
      return before !== undefined && JSON.stringify(before) === JSON.stringify(importsOf(b, path));
    })
  );
}

/** Knows the channels' heads and what a client with one manifest needs to run another. */
export class Catalog {
  readonly #store: Store;
  readonly #blobs: VerifiedBlobs;
  readonly #heads = new Map<Channel, Head>();
  readonly #manifests = new Map<Hash, Manifest>();
  readonly #shipments = new Map<string, Promise<Shipment>>();
  /** What modules import, by the site's import map. */
  readonly #imports = new Map<string, ResolvedImports>();
  /** What entries reached when it was last asked, in the order of need. */
  readonly #reached = new Map<string, { readonly manifest: Manifest; readonly order: readonly Path[] }>();
  readonly #listeners = new Set<(release: Head) => void>();

  constructor(store: Store, blobs: VerifiedBlobs) {
    this.#store = store;
    this.#blobs = blobs;
  }

  /** Told of each new head, after it can be served. */
  onRelease(listener: (release: Head) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes note of a head; false when it is known, or an older one. */
  release(release: Head): boolean {
    const before = this.#heads.get(release.deploy.channel);
    if (before !== undefined && before.deploy.number >= release.deploy.number) return false;
    this.#heads.set(release.deploy.channel, release);
    keep(this.#manifests, release.deploy.manifest, release.manifest, KEPT_SHIPMENTS);
    for (const listener of this.#listeners) listener(release);
    return true;
  }

  async head(channel: Channel): Promise<Head | null> {
    const known = this.#heads.get(channel);
    if (known !== undefined) return known;
    const deploy = await this.#store.head(channel);
    if (deploy === null) return null;
    const manifest = await this.manifest(deploy);
    // While the store was asked, a newer one may have been released.
    this.release({ deploy, manifest });
    return this.#heads.get(channel)!;
  }

  /**
   * Looks for heads that other processes have made, of the channels that somebody has asked for.
   * @returns those that were new
   */
  async refresh(): Promise<Head[]> {
    const fresh: Head[] = [];
    for (const [channel, known] of this.#heads) {
      const deploy = await this.#store.head(channel);
      if (deploy === null || deploy.number <= known.deploy.number) continue;
      const release = { deploy, manifest: await this.manifest(deploy) };
      if (this.release(release)) fresh.push(release);
    }
    return fresh;
  }

  async manifest(deploy: Deploy): Promise<Manifest> {
    const known = this.#manifests.get(deploy.manifest);
    if (known !== undefined) return known;
    const manifest = await this.#store.manifest(deploy.number);
    // Collected meanwhile. Another deploy may have the same manifest, so this is not kept.
    if (manifest === null) return EMPTY_MANIFEST;
    return keep(this.#manifests, deploy.manifest, manifest, KEPT_SHIPMENTS);
  }

  /** The manifest that a client of the channel says it has; null when the channel never had it. */
  async manifestOf(channel: Channel, hash: Hash): Promise<Manifest | null> {
    const deploy = await this.#store.deployOfManifest(channel, hash);
    return deploy === null ? null : this.manifest(deploy);
  }

  /**
   * @param have the manifest the client has whole; null for a client with nothing
   * @param entries where its page starts; none: wherever the site's pages start
   */
  shipment(
    to: Head,
    have: { hash: Hash; manifest: Manifest } | null,
    entries: readonly Path[],
  ): Promise<Shipment> {
    const key = JSON.stringify([to.deploy.manifest, have?.hash, entries]);
    const known = this.#shipments.get(key);
    if (known !== undefined) return known;
    const made = this.#ship(to.manifest, have?.manifest ?? EMPTY_MANIFEST, entries);
    void keep(this.#shipments, key, made, KEPT_SHIPMENTS);
    made.catch(() => this.#shipments.delete(key));
    return made;
  }

  /** Hashes of all that `paths` reach, static imports first, in the order of need. */
  async reach(manifest: Manifest, paths: readonly Path[]): Promise<Hash[]> {
    const links = await this.#blobs.links([...manifest.modules.values()].map((module) => module.hash));
    const imports = this.#importsBy(manifest.importMap);
    const linksOf = (hash: Hash) => links.get(hash);
    const key = JSON.stringify([manifest.importMap, paths]);
    const last = this.#reached.get(key);
    // Most saves leave all imports as they were, and then the same paths are reached in the same order.
    let order = last?.order;
    if (last === undefined || !importAlike(last.manifest, manifest, imports, linksOf)) {
      const graph = new ModuleGraph({ root: PLACEHOLDER_ROOT, manifest }, imports, linksOf);
      order = graph
        .reachable(paths.map((path) => naturalUrl(PLACEHOLDER_ROOT, path)))
        .map(({ path }) => path);
    }
    keep(this.#reached, key, { manifest, order: order! }, KEPT_SHIPMENTS);
    return order!.map((path) => manifest.modules.get(path)!.hash);
  }

  #importsBy(importMap: Manifest['importMap']): ResolvedImports {
    const key = JSON.stringify(importMap);
    const known = this.#imports.get(key);
    if (known !== undefined) return known;
    const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, PLACEHOLDER_ROOT).map;
    return keep(this.#imports, key, new ResolvedImports(new Resolver(map)), KEPT_IMPORT_MAPS);
  }

  async #ship(manifest: Manifest, base: Manifest, entries: readonly Path[]): Promise<Shipment> {
    const delta = diffManifests(base, manifest);
    const held = new Set([...base.modules.values()].map((module) => module.hash));
    const own = entries.filter((path) => manifest.modules.has(path));
    const first = await this.reach(manifest, own.length > 0 ? own : manifest.entries);
    // What this page may import later, and where the visitor may go next, follow behind.
    const isAll = own.length === 0 || manifest.entries.every((path) => own.includes(path));
    const rest = isAll ? first : await this.reach(manifest, manifest.entries);
    const lacking = (hashes: readonly Hash[]) => hashes.filter((hash) => !held.has(hash));
    const hashes = new Set(lacking(first));
    const firstCount = hashes.size;
    for (const hash of lacking(rest)) hashes.add(hash);
    const bases = new Map<Hash, Hash>();
    const sizes = new Map<Hash, number>();
    // Whatever the client lacks, some path has it that the difference names.
    for (const [path, hash, size] of delta.set) {
      if (!hashes.has(hash)) continue;
      sizes.set(hash, size);
      const before = base.modules.get(path)?.hash;
      if (before !== undefined) bases.set(hash, before);
    }
    return { delta, hashes: [...hashes], first: firstCount, bases, sizes };
  }
}
