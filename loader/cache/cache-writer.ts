import { isHash, type Hash, type Hasher } from '../../schema/hash.js';
import type { PackRecord } from '../../schema/pack.js';
import { SerialQueue } from '../../schema/serial-queue.js';
import type { LoaderConfig } from '../config.js';
import { createDebug } from '../debug.js';
import type { Release } from '../transport/channel-client.js';
import { Cache, type CachedDeploy } from './cache.js';

export interface CacheContents {
  readonly deploy: CachedDeploy | null;
  readonly records: readonly PackRecord[];
}

const EMPTY: CacheContents = { deploy: null, records: [] };

/** While files are being edited, milliseconds between writes. The page's updates come first. */
const EDITING_MS = 3000;

const debug = createDebug('cache');

export interface CacheWriterOptions {
  readonly config: Pick<LoaderConfig, 'prefix' | 'channel' | 'stall' | 'hot'>;
  readonly hasher: Hasher;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Nothing is written before: a boot does not wait for a disk. */
  readonly booted: Promise<unknown>;
  /** The cache is missing, full or broken. This page continues without it. */
  readonly onProblem: (error: unknown) => void;
}

/** Reads and writes the cache, as far as the browser permits. */
export class CacheWriter {
  readonly #options: CacheWriterOptions;
  readonly #key: string;
  readonly #cache: Promise<Cache | null>;
  readonly #writes: SerialQueue;
  /** The release that the next write stores. */
  #newest: Release | undefined;
  /** Until the boot has been written nothing is deferred: the visitor may leave. */
  #state: 'booting' | 'settled' | 'deferred' = 'booting';
  /** The manifest that IndexedDB holds; undefined until it has been read. */
  #stored: Hash | null | undefined;
  #unwritten: PackRecord[] = [];

  constructor(options: CacheWriterOptions) {
    this.#options = options;
    this.#key = `modcast ${options.config.prefix} ${options.config.channel}`;
    this.#writes = new SerialQueue(options.booted);
    this.#cache = Cache.open(`modcast ${options.config.prefix}`, options.hasher).catch((error: unknown) => {
      options.onProblem(error);
      return null;
    });
  }

  /** The manifest that was stored last. `localStorage` knows it before IndexedDB is open. */
  get have(): Hash | null {
    if (this.#stored !== undefined) return this.#stored;
    try {
      const text = localStorage.getItem(this.#key);
      return isHash(text) ? text : null;
    } catch {
      return null;
    }
  }

  /** What the cache holds; nothing when IndexedDB fails or does not answer in time. */
  async load(): Promise<CacheContents> {
    const { after, config, onProblem } = this.#options;
    const late = new Promise<never>((_resolve, reject) => {
      after(config.stall, () => reject(new Error(`IndexedDB has not answered for ${config.stall} ms`)));
    });
    let contents = EMPTY;
    try {
      contents = await Promise.race([this.#read(), late]);
    } catch (error) {
      onProblem(error);
    }
    this.#stored ??= contents.deploy?.hash ?? null;
    debug('loaded deploy', contents.deploy?.deploy, 'and blobs:', contents.records.length);
    return contents;
  }

  async #read(): Promise<CacheContents> {
    const cache = await this.#cache;
    if (cache === null) return EMPTY;
    const [deploy, records] = await Promise.all([cache.newest(this.#options.config.channel), cache.blobs()]);
    return { deploy, records };
  }

  /**
   * Stores a release that has come whole, and the blobs that came with it. Resolves when they are written.
   * While files are being edited the write is deferred, and this resolves before it.
   */
  async store(release: Release, records: readonly PackRecord[]): Promise<void> {
    const { config, after } = this.#options;
    this.#unwritten.push(...records);
    this.#newest = release;
    if (config.hot === null || this.#state === 'booting') return this.flush();
    if (this.#state === 'settled') {
      this.#state = 'deferred';
      after(EDITING_MS, () => void this.flush());
    }
    await this.#writes.idle();
  }

  /** Writes what is deferred. Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#writes.run(() => this.#write());
  }

  async #write(): Promise<void> {
    const cache = await this.#cache;
    if (this.#newest === undefined) return;
    this.#state = 'settled';
    const { deploy, hash, manifest } = this.#newest;
    // Blobs of versions that have been edited again are not stored.
    const named = new Set([...manifest.modules.values()].map((module) => module.hash));
    const records = this.#unwritten.filter((record) => named.has(record.hash));
    if (cache === null || (records.length === 0 && this.#stored === hash)) return;
    this.#unwritten = [];
    const { channel } = this.#options.config;
    try {
      await cache.put(records, { channel, deploy, hash, manifest }, this.#options.now());
      this.#stored = hash;
      localStorage.setItem(this.#key, hash);
      debug('stored deploy', deploy, 'and new blobs:', records.length);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}
