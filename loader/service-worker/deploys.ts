import type { Hash, Hasher } from '../../schema/hash.js';
import {
  applyDelta,
  manifestBytes,
  manifestFromJson,
  type Manifest,
  type ManifestDelta,
} from '../../schema/manifest.js';
import { BlobPool, type PooledBlob } from '../cache/blob-pool.js';
import type { RegistryId } from '../../schema/registry-id.js';
import { storedBlobs, storedDeploys } from '../cache/cache.js';
import type { TabDeploy } from './kept-files.js';

export interface CachedDeploysOptions {
  readonly registry: RegistryId;
  /** Opens the database of pages. Rejects where there is none. */
  readonly openDatabase: () => Promise<IDBDatabase>;
  readonly hasher: Hasher;
  /**
   * Requests the manifest of a deploy by its number, or its difference from another one, as the server
   * chooses.
   */
  readonly fetchManifest: (deploy: number, since: Hash | undefined) => Promise<Response>;
}

/** A manifest and its hash. */
export interface FoundDeploy {
  readonly hash: Hash;
  readonly manifest: Manifest;
}

export interface StoredDeploy extends FoundDeploy {
  readonly number: number;
  /** The hash of its fusion; null without one. */
  readonly fusion: Hash | null;
}

/** The deploys that pages have stored in this browser, and others that pages run. */
export class CachedDeploys {
  readonly #options: CachedDeploysOptions;
  readonly #pool: BlobPool;
  #stored = new Map<Hash, StoredDeploy>();
  readonly #fetched = new Map<Hash, FoundDeploy>();
  #reading: Promise<void> | undefined;
  /** Manifests that were not stored when all was read. They may be now. */
  readonly #missing = new Set<Hash>();

  constructor(options: CachedDeploysOptions) {
    this.#options = options;
    this.#pool = new BlobPool({ hasher: options.hasher, onRefused: () => {} });
  }

  /**
   * A deploy by its manifest. One that is not stored is requested by its number.
   *
   * @throws TypeError when the network fails
   */
  async find({ manifest, number }: Pick<TabDeploy, 'manifest' | 'number'>): Promise<FoundDeploy | undefined> {
    const known = () => this.#stored.get(manifest) ?? this.#fetched.get(manifest);
    if (known() === undefined && !this.#missing.has(manifest)) {
      await this.refresh().catch(() => {});
      if (known() === undefined) this.#missing.add(manifest);
    }
    if (known() === undefined && number !== null) await this.#fetch(manifest, number);
    return known();
  }

  /** Whether pages have stored a deploy, as far as that has been read. */
  isStored(manifest: Hash): boolean {
    return this.#stored.has(manifest);
  }

  /** The stored ones, oldest first. */
  async all(): Promise<FoundDeploy[]> {
    await this.refresh();
    return [...this.#stored.values()];
  }

  /** The one that was stored last, as far as that has been read. */
  async newest(): Promise<StoredDeploy | undefined> {
    if (this.#stored.size === 0) await this.refresh();
    return [...this.#stored.values()].at(-1);
  }

  /** A blob that pages have stored. It is hashed before its first use. */
  blob(hash: Hash): PooledBlob | undefined {
    return this.#pool.get(hash);
  }

  /** Reads what pages have stored. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { registry, hasher } = this.#options;
    // Not kept open: the page may delete it.
    const database = await this.#options.openDatabase();
    const deploys = await storedDeploys(database, registry, hasher);
    this.#pool.addCached(await storedBlobs(database, registry));
    database.close();
    this.#stored = new Map(
      deploys.map(({ hash, manifest, deploy: number, fusion }) => [hash, { hash, manifest, number, fusion }]),
    );
    this.#pool.retain(new Set(deploys.flatMap(({ manifest }) => hashesOf(manifest))));
    this.#missing.clear();
  }

  async #fetch(hash: Hash, number: number): Promise<void> {
    const known = [...this.#stored.values()].at(-1);
    const response = await this.#options.fetchManifest(number, known?.hash);
    if (!response.ok) return;
    const json = (await response.json()) as Partial<ManifestDelta> & { since?: unknown };
    const isDelta = known !== undefined && json.since === known.hash;
    const manifest = isDelta ? applyDelta(known.manifest, json as ManifestDelta) : manifestFromJson(json);
    if (this.#options.hasher(manifestBytes(manifest)) === hash) this.#fetched.set(hash, { hash, manifest });
  }
}

export const hashesOf = ({ modules }: Manifest): Hash[] => [...modules.values()].map(({ hash }) => hash);
