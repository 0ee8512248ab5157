import { UNPARSED, type Channel, type Hash, type Links, type Manifest } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import type { Deploy, Store, StoredBlob } from '../store/store.js';
import { inlineMap } from './original-place.js';
import { publishMode } from './recipe.js';
import type { ServedSite, SiteTransformer } from './site-transformer.js';
import type { Mode } from './transform.js';
import { transformedFiles, type ReadableSite } from './transformed-files.js';

/** Deploys whose served form is kept in memory. */
const KEPT = 64;

export interface ServedStoreOptions {
  readonly store: Store;
  readonly sites: SiteTransformer;
  readonly derived: DerivedBlobs;
  /** The channel that a directory is deployed to. */
  readonly followed?: Channel | null;
  /** How all channels run. Default: as the channel says. */
  readonly mode?: Mode;
}

/** A deploy as browsers get it. */
export interface ServedHead {
  readonly deploy: Deploy;
  readonly manifest: Manifest;
  readonly site: ServedSite;
}

/** What pages get of a store: the manifests and blobs of its deploys with their sources transformed. */
export class Served {
  readonly #options: ServedStoreOptions;
  /** By manifest and mode. */
  readonly #sites = new Map<string, Promise<ServedSite>>();
  /** The manifests that served ones are made of. */
  readonly #originals = new Map<Hash, Hash>();
  readonly #sources = new Map<Hash, Hash>();
  readonly #broken = new Set<Hash>();
  /** Reads as pages do. What it writes goes to the store itself. */
  readonly store: Store;

  constructor(options: ServedStoreOptions) {
    this.#options = options;
    const { store } = options;
    this.store = {
      ...store,
      blobs: (hashes) => this.#blobs(hashes),
      links: (hashes) => this.#linksOf(hashes),
      head: async (channel) => this.#deploy(await store.head(channel)),
      deploy: async (number) => this.#deploy(await store.deploy(number)),
      deployOfManifest: (channel, manifest) => this.#deployOfManifest(channel, manifest),
      manifest: (number) => this.#manifest(number),
      visible: (channel, hashes, ...deploys) => this.#visible(channel, hashes, deploys),
    };
  }

  /** Whether a hash is that of a module's code that a transform has made. */
  isMade(hash: Hash): boolean {
    return this.#sources.has(hash) || this.#broken.has(hash);
  }

  /** The source map of code that a transform has made, as JSON. */
  async mapOf(hash: Hash): Promise<string | undefined> {
    const { derived, sites } = this.#options;
    if (!this.#sources.has(hash)) return undefined;
    const [item] = await derived.items('map', [hash], sites.version);
    if (item !== undefined) return new TextDecoder().decode(item.bytes);
    const code = (await this.#made(hash))?.bytes;
    return code && inlineMap(new TextDecoder().decode(code));
  }

  /** A deploy as browsers get it. */
  async head({
    deploy,
    manifest,
  }: {
    readonly deploy: Deploy;
    readonly manifest: Manifest;
  }): Promise<ServedHead> {
    const site = await this.#site(deploy, () => Promise.resolve(manifest));
    return { deploy: { ...deploy, manifest: site.hash }, manifest: site.manifest, site };
  }

  /** What browsers get of a manifest, which need not be that of a deploy yet. */
  serve(manifest: Manifest, hash: Hash, channel: Channel): Promise<ServedSite> {
    return this.#site({ manifest: hash, channel }, () => Promise.resolve(manifest));
  }

  /** What browsers will get of the files of a site that has no deploy yet. */
  filesOf(site: ReadableSite, channel: Channel): Promise<ReadableSite> {
    const { sites, derived } = this.#options;
    return transformedFiles(site, { sites, derived, mode: this.modeOf(channel) });
  }

  modeOf(channel: Channel): Mode {
    const { mode } = this.#options;
    if (mode !== undefined) return mode;
    return channel === this.#options.followed ? 'development' : publishMode(channel);
  }

  #site(
    { channel, manifest: hash }: Pick<Deploy, 'channel' | 'manifest'>,
    read: () => Promise<Manifest>,
    isAgain = false,
  ): Promise<ServedSite> {
    const mode = this.modeOf(channel);
    const key = `${hash} ${mode}`;
    const known = isAgain ? undefined : this.#sites.get(key);
    if (known !== undefined) return known;
    const made = read()
      .then((manifest) => this.#options.sites.serve(manifest, hash, mode, isAgain))
      .then(async (site) => {
        await this.#remember(site, hash);
        return site;
      });
    made.catch(() => this.#sites.delete(key));
    this.#sites.delete(key);
    this.#sites.set(key, made);
    for (const oldest of this.#sites.keys()) {
      if (this.#sites.size <= KEPT) break;
      this.#sites.delete(oldest);
    }
    return made;
  }

  async #remember(site: ServedSite, manifest: Hash): Promise<void> {
    for (const [code, source] of site.sources) this.#sources.set(code, source);
    for (const hash of site.broken) this.#broken.add(hash);
    if (site.hash === manifest || this.#originals.get(site.hash) === manifest) return;
    this.#originals.set(site.hash, manifest);
    const { derived, sites } = this.#options;
    const bytes = new TextEncoder().encode(site.hash);
    const item = { kind: 'site', key: site.hash, hash: blake3(bytes), bytes, needs: [manifest] } as const;
    await derived.put([{ ...item, version: sites.version }]);
  }

  async #deploy(deploy: Deploy | null): Promise<Deploy | null> {
    if (deploy === null) return null;
    const site = await this.#siteOf(deploy);
    return site === null ? deploy : { ...deploy, manifest: site.hash };
  }

  /** Null for a deploy that was collected. */
  async #siteOf(deploy: Deploy): Promise<ServedSite | null> {
    const gone = Symbol('gone');
    try {
      return await this.#site(deploy, async () => {
        const manifest = await this.#options.store.manifest(deploy.number);
        if (manifest === null) throw gone;
        return manifest;
      });
    } catch (error) {
      if (error === gone) return null;
      throw error;
    }
  }

  async #deployOfManifest(channel: Channel, hash: Hash): Promise<Deploy | null> {
    const { store } = this.#options;
    const original = (await this.#originalOf(hash)) ?? hash;
    const deploy = await store.deployOfManifest(channel, original);
    const served = await this.#deploy(deploy);
    // Another version of the transforms has made other code: the client needs all of it.
    return served?.manifest === hash ? served : null;
  }

  /** The manifest that a served one is made of, also before the last restart. */
  async #originalOf(hash: Hash): Promise<Hash | undefined> {
    const known = this.#originals.get(hash);
    if (known !== undefined) return known;
    const { derived, sites } = this.#options;
    const [item] = await derived.items('site', [hash], sites.version);
    return item?.needs[0];
  }

  async #manifest(number: number): Promise<Manifest | null> {
    const deploy = await this.#options.store.deploy(number);
    return deploy === null ? null : ((await this.#siteOf(deploy))?.manifest ?? null);
  }

  async #visible(
    channel: Channel,
    hashes: readonly Hash[],
    deploys: readonly [from?: number | undefined, single?: readonly number[] | undefined],
  ): Promise<Set<Hash>> {
    const own = new Map<Hash, Hash>();
    for (const hash of hashes) own.set(hash, this.#sources.get(hash) ?? hash);
    // What is no blob may be code from before the last restart.
    for (const hash of await this.#options.store.missing([...own.values()])) {
      const source = await this.#sourceOf(hash);
      if (source !== undefined) own.set(hash, source);
    }
    const found = await this.#options.store.visible(channel, [...new Set(own.values())], ...deploys);
    return new Set(hashes.filter((hash) => found.has(own.get(hash)!)));
  }

  async #blobs(hashes: readonly Hash[]): Promise<StoredBlob[]> {
    const stored = new Map((await this.#options.store.blobs(hashes)).map((blob) => [blob.hash, blob]));
    const found: StoredBlob[] = [];
    for (const hash of hashes) {
      const blob = stored.get(hash) ?? (await this.#made(hash));
      if (blob === undefined) continue;
      found.push(this.#broken.has(hash) ? { ...blob, links: UNPARSED } : blob);
    }
    return found;
  }

  async #made(hash: Hash): Promise<StoredBlob | undefined> {
    if ((await this.#sourceOf(hash)) === undefined) return undefined;
    const bytes = (await this.#options.derived.read(hash)) ?? (await this.#makeAgain(hash));
    if (bytes === undefined) return undefined;
    return { hash, bytes, links: this.#options.sites.links.of(hash, bytes) };
  }

  /** The blob that code is made of. */
  async #sourceOf(hash: Hash): Promise<Hash | undefined> {
    const known = this.#sources.get(hash);
    if (known !== undefined) return known;
    const item = await this.#options.derived.itemOf('module', hash);
    const source = item?.needs[0];
    if (source !== undefined) this.#sources.set(hash, source);
    return source;
  }

  /** Derived data can be dropped at any time. */
  async #makeAgain(hash: Hash): Promise<Uint8Array | undefined> {
    const { store, derived } = this.#options;
    for (const [key, made] of [...this.#sites].toReversed()) {
      const site = await made.catch(() => null);
      if (site === null || !site.sources.has(hash)) continue;
      const [manifest, mode] = key.split(' ') as [Hash, Mode];
      for (const channel of await store.channels()) {
        const deploy = await store.deployOfManifest(channel, manifest);
        if (deploy === null || this.modeOf(channel) !== mode) continue;
        await this.#site(deploy, async () => (await store.manifest(deploy.number))!, true);
        return derived.read(hash);
      }
    }
    return undefined;
  }

  async #linksOf(hashes: readonly Hash[]): Promise<Map<Hash, Links | null>> {
    const own = new Map(await this.#options.store.links(hashes));
    for (const hash of hashes) {
      if (this.#broken.has(hash)) own.set(hash, UNPARSED);
      if (own.has(hash)) continue;
      const links = this.#options.sites.links.known(hash) ?? (await this.#made(hash))?.links;
      if (links !== undefined && links !== null) own.set(hash, links);
    }
    return own;
  }
}
