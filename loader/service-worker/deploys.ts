import type { Hash, Hasher } from '../../schema/hash.js';
import { BlobPool, type PooledBlob } from '../cache/blob-pool.js';
import { Cache, type CachedDeploy } from '../cache/cache.js';

/** The deploys that pages have stored in this browser. */
export class CachedDeploys {
  readonly #open: Promise<Cache>;
  readonly #pool: BlobPool;
  #deploys = new Map<Hash, CachedDeploy>();
  #reading: Promise<void> | undefined;
  /** Manifests that were not here when all was read. They may come. */
  readonly #missing = new Set<Hash>();

  constructor(open: () => Promise<Cache>, hasher: Hasher) {
    this.#pool = new BlobPool({ hasher, onRefused: () => {} });
    this.#open = open();
    this.#open.catch(() => {});
  }

  /** The deploy with this manifest, if a page has stored it. */
  async find(manifest: Hash): Promise<CachedDeploy | undefined> {
    if (!this.#deploys.has(manifest) && !this.#missing.has(manifest)) {
      await this.refresh();
      if (!this.#deploys.has(manifest)) this.#missing.add(manifest);
    }
    return this.#deploys.get(manifest);
  }

  /** All of them, oldest first. */
  async all(): Promise<CachedDeploy[]> {
    await this.#reading;
    return [...this.#deploys.values()];
  }

  /** A blob of a deploy that was found. It is hashed before its first use. */
  blob(hash: Hash): PooledBlob | undefined {
    return this.#pool.get(hash);
  }

  /** The database can be deleted then. */
  close(): void {
    this.#open.then((cache) => cache.close()).catch(() => {});
  }

  /** Reads what pages have stored. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const cache = await this.#open;
    const deploys = await cache.allDeploys();
    this.#missing.clear();
    this.#pool.addCached(await cache.blobs());
    this.#deploys = new Map(deploys.map((deploy) => [deploy.hash, deploy]));
    this.#pool.retain(new Set(deploys.flatMap(({ manifest }) => hashesOf(manifest))));
  }
}

export const hashesOf = ({ modules }: CachedDeploy['manifest']): Hash[] =>
  [...modules.values()].map(({ hash }) => hash);
