import type { Hash } from '../schema/hash.js';
import { isHash } from '../schema/hash.js';
import type { PackRecord } from '../schema/pack.js';
import { Cache, type CachedDeploy } from './cache.js';
import type { LoaderConfig } from './config.js';
import type { Release } from './mirror.js';

export interface Kept {
  readonly deploy: CachedDeploy | null;
  readonly records: readonly PackRecord[];
}

const NOTHING: Kept = { deploy: null, records: [] };

export interface KeeperOptions {
  readonly config: LoaderConfig;
  /** Nothing is written before: a boot does not wait for a disk. */
  readonly booted: Promise<unknown>;
  /** The cache is missing, full or broken; this page goes on in memory. */
  readonly onProblem: (error: unknown) => void;
}

/** Keeps deploys in this browser from one visit to the next, as far as the browser lets it. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #key: string;
  readonly #cache: Promise<Cache | null>;
  /** One write after the other. */
  #writing: Promise<void>;
  #stored: Hash | null = null;
  /** Blobs that came but are not written yet. */
  #unwritten: PackRecord[] = [];

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#key = `modcast ${options.config.prefix} ${options.config.channel}`;
    this.#writing = options.booted.then(() => {});
    this.#cache = Cache.open(`modcast ${options.config.prefix}`).catch((error: unknown) => {
      options.onProblem(error);
      return null;
    });
  }

  /** The manifest that was stored last: can be read before IndexedDB is open. */
  get have(): Hash | null {
    if (this.#stored !== null) return this.#stored;
    try {
      const text = localStorage.getItem(this.#key);
      return isHash(text) ? text : null;
    } catch {
      return null;
    }
  }

  async load(): Promise<Kept> {
    try {
      const cache = await this.#cache;
      if (cache === null) return NOTHING;
      const [deploy, records] = await Promise.all([
        cache.newest(this.#options.config.channel),
        cache.blobs(),
      ]);
      this.#stored = deploy?.hash ?? null;
      return { deploy, records };
    } catch (error) {
      this.#options.onProblem(error);
      return NOTHING;
    }
  }

  /** A deploy is here whole; `records` are the blobs that came with it. */
  keep(release: Release, records: readonly PackRecord[]): Promise<void> {
    this.#unwritten.push(...records);
    this.#writing = this.#writing.then(() => this.#write(release));
    return this.#writing;
  }

  /** Resolves when all that was to be kept has been written. */
  idle(): Promise<void> {
    return this.#writing;
  }

  async #write({ deploy, hash, manifest }: Release): Promise<void> {
    const cache = await this.#cache;
    const records = this.#unwritten;
    if (cache === null || (records.length === 0 && this.#stored === hash)) return;
    this.#unwritten = [];
    const { channel } = this.#options.config;
    try {
      await cache.put(records, { channel, deploy, hash, manifest }, Date.now());
      this.#stored = hash;
      localStorage.setItem(this.#key, hash);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}
