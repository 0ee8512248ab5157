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
  isModuleType,
  type Channel,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import { createShipment, type Held, type Shipment, type ShipmentOptions } from './shipment.js';
import type { VerifiedBlobs } from './verified-blobs.js';
import { keepNewest } from '../keep-newest.js';
import type { Deploy, Store } from '../store/store.js';

/** The newest deploy of a channel, with its manifest. */
export interface Head {
  readonly deploy: Deploy;
  readonly manifest: Manifest;
}

export type { Held, Shipment } from './shipment.js';

/** How the modules of a shipment are joined. Default: not at all. */
export type FusedShipment = Partial<Pick<ShipmentOptions, 'fusion' | 'withMembers'>>;

/** Shipments kept in memory: one for each pair of manifests and list of entries. */
const KEPT_SHIPMENTS = 64;

/** Import maps whose resolved imports are kept in memory. */
const KEPT_IMPORT_MAPS = 8;

/** Whether two manifests have modules at the same paths, and those at each path have the same imports. */
function importAlike(
  a: Manifest,
  b: Manifest,
  resolved: ResolvedImports,
  linksOf: LinksOf,
  root: string,
): boolean {
  const { set, delete: gone } = diffManifests(a, b);
  const isModule = (manifest: Manifest, path: Path) => isModuleType(manifest.modules.get(path)?.type ?? '');
  const importsOf = (manifest: Manifest, path: Path) => {
    const module = moduleAt({ root, manifest }, naturalUrl(root, path));
    return module === undefined ? undefined : resolved.of(module, linksOf);
  };
  return (
    !gone.some((path) => isModule(a, path)) &&
    set.every(([path]) => {
      if (!isModule(a, path) && !isModule(b, path)) return true;
      const before = importsOf(a, path);
      return before !== undefined && JSON.stringify(before) === JSON.stringify(importsOf(b, path));
    })
  );
}

/** Knows the head of each channel, and what a client with one manifest needs to run another. */
export class Catalog {
  readonly #store: Store;
  readonly #blobs: VerifiedBlobs;
  readonly #root: string;
  readonly #heads = new Map<Channel, Head>();
  readonly #manifests = new Map<Hash, Manifest>();
  readonly #shipments = new Map<string, Promise<Shipment>>();
  /** Resolved imports by the site's import map, as JSON. */
  readonly #imports = new Map<string, ResolvedImports>();
  /** The last result of `reach` by import map and entries, in the order of need. */
  readonly #reached = new Map<string, { readonly manifest: Manifest; readonly order: readonly Path[] }>();
  readonly #listeners = new Set<(head: Head) => void>();

  /** @param root URL of the site's root, as `placeholderRoot` returns it */
  constructor(store: Store, blobs: VerifiedBlobs, root = PLACEHOLDER_ROOT) {
    this.#store = store;
    this.#root = root;
    this.#blobs = blobs;
  }

  /**
   * Calls back with each new head, once the catalog serves it.
   * @returns a function that removes the listener
   */
  onHead(listener: (head: Head) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Moves a channel to a newer head.
   * @returns false when the head is not newer
   */
  moveHead(head: Head): boolean {
    const before = this.#heads.get(head.deploy.channel);
    if (before !== undefined && before.deploy.number >= head.deploy.number) return false;
    this.#heads.set(head.deploy.channel, head);
    keepNewest(this.#manifests, head.deploy.manifest, head.manifest, KEPT_SHIPMENTS);
    for (const listener of this.#listeners) listener(head);
    return true;
  }

  /** The channel's head; null when the channel has no deploy. */
  async head(channel: Channel): Promise<Head | null> {
    const known = this.#heads.get(channel);
    if (known !== undefined) return known;
    const deploy = await this.#store.head(channel);
    if (deploy === null) return null;
    const manifest = await this.manifest(deploy);
    // Meanwhile there may have been a newer head: then this does nothing.
    this.moveHead({ deploy, manifest });
    return this.#heads.get(channel)!;
  }

  /**
   * Reads the heads of all known channels from the store: another process may have moved them.
   * @returns the new heads
   */
  async refresh(): Promise<Head[]> {
    const fresh: Head[] = [];
    for (const [channel, known] of this.#heads) {
      const deploy = await this.#store.head(channel);
      if (deploy === null || deploy.number <= known.deploy.number) continue;
      const head = { deploy, manifest: await this.manifest(deploy) };
      if (this.moveHead(head)) fresh.push(head);
    }
    return fresh;
  }

  async manifest(deploy: Deploy): Promise<Manifest> {
    const known = this.#manifests.get(deploy.manifest);
    if (known !== undefined) return known;
    const manifest = await this.#store.manifest(deploy.number);
    // The deploy has been collected. Another deploy may have the same manifest, so do not keep the empty one.
    if (manifest === null) return EMPTY_MANIFEST;
    return keepNewest(this.#manifests, deploy.manifest, manifest, KEPT_SHIPMENTS);
  }

  /** The manifest that a client of the channel says it has; null when the channel never had it. */
  async manifestOf(channel: Channel, hash: Hash): Promise<Manifest | null> {
    const deploy = await this.#store.deployOfManifest(channel, hash);
    return deploy === null ? null : this.manifest(deploy);
  }

  /**
   * What a client needs to run a head. Shipments are kept, since many clients need the same one.
   *
   * @param have the manifest whose blobs the client has; null for a client with nothing
   * @param entries the entries of its page; empty for all entries of the site
   */
  shipment(
    to: Head,
    have: Held | null,
    entries: readonly Path[],
    { fusion = null, withMembers = true }: FusedShipment = {},
  ): Promise<Shipment> {
    const held = have?.fusion === 'unknown' ? 'unknown' : have?.fusion?.hash;
    const key = JSON.stringify([
      [to.deploy.manifest, fusion?.hash, withMembers],
      [have?.hash, have?.isPublic, held],
      entries,
    ]);
    const known = this.#shipments.get(key);
    if (known !== undefined) return known;
    const made = this.#ship(to, { have, entries, fusion, withMembers });
    void keepNewest(this.#shipments, key, made, KEPT_SHIPMENTS);
    made.catch(() => this.#shipments.delete(key));
    return made;
  }

  /** Hashes of the modules at `paths` and of all they import, in the order of need: static imports first. */
  async reach(manifest: Manifest, paths: readonly Path[]): Promise<Hash[]> {
    const order = await this.#reachPaths(manifest, paths);
    return order.map((path) => manifest.modules.get(path)!.hash);
  }

  async #reachPaths(manifest: Manifest, paths: readonly Path[]): Promise<readonly Path[]> {
    const key = JSON.stringify([manifest.importMap, paths]);
    const last = this.#reached.get(key);
    if (last?.manifest === manifest) return last.order;
    const modules = [...manifest.modules.values()].filter(({ type }) => isModuleType(type));
    const links = await this.#blobs.links(modules.map(({ hash }) => hash));
    const imports = this.#importsBy(manifest.importMap);
    const linksOf = (hash: Hash) => links.get(hash);
    // Most saves change no imports, and then the last order still holds.
    let order = last?.order;
    if (last === undefined || !importAlike(last.manifest, manifest, imports, linksOf, this.#root)) {
      const graph = new ModuleGraph({ root: this.#root, manifest }, imports, linksOf);
      order = graph.reachable(paths.map((path) => naturalUrl(this.#root, path))).map(({ path }) => path);
    }
    keepNewest(this.#reached, key, { manifest, order: order! }, KEPT_SHIPMENTS);
    return order!;
  }

  #importsBy(importMap: Manifest['importMap']): ResolvedImports {
    const key = JSON.stringify(importMap);
    const known = this.#imports.get(key);
    if (known !== undefined) return known;
    const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, this.#root).map;
    return keepNewest(this.#imports, key, new ResolvedImports(new Resolver(map)), KEPT_IMPORT_MAPS);
  }

  async #ship(
    { manifest }: Head,
    options: Pick<ShipmentOptions, 'have' | 'fusion' | 'withMembers'> & { readonly entries: readonly Path[] },
  ): Promise<Shipment> {
    const own = options.entries.filter((path) => manifest.modules.has(path));
    const first = await this.#reachPaths(manifest, own.length > 0 ? own : manifest.entries);
    // The modules of the site's other pages follow.
    const isAll = own.length === 0 || manifest.entries.every((path) => own.includes(path));
    const all = isAll ? first : [...first, ...(await this.#reachPaths(manifest, manifest.entries))];
    return createShipment({ ...options, to: manifest, first, all });
  }
}
