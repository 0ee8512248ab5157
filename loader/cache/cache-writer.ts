import { isHash, type Hash, type Hasher } from '../../schema/hash.js';
import type { PackRecord } from '../../schema/pack.js';
import { SerialQueue } from '../../schema/serial-queue.js';
import type { LoaderConfig } from '../config.js';
import { createDebug } from '../debug.js';
import type { Release } from '../transport/channel-client.js';
import { Cache, type CachedDeploy } from './cache.js';
import type { CachedRecord } from './segments.js';

export interface CacheContents {
  /** The deploy that the page belongs to, and the one that was stored last, as far as they are here. */
  readonly deploys: readonly CachedDeploy[];
  readonly records: readonly CachedRecord[];
}

/** A manifest and its fusion, as the server is told. */
interface Had {
  readonly have: Hash | null;
  readonly fusion: Hash | null;
}

const NOTHING: Had = { have: null, fusion: null };

const EMPTY: CacheContents = { deploys: [], records: [] };

/** While files are being edited, milliseconds between writes. The page's updates come first. */
const EDITING_MS = 3000;

/**
 * Milliseconds that a page waits for IndexedDB: at least as long as for the socket. The guard, which runs the
 * page natively, waits longer.
 */
const STORAGE_MS = 2000;

const debug = createDebug('cache');

export interface CacheWriterOptions {
  readonly config: Pick<LoaderConfig, 'prefix' | 'registry' | 'channel' | 'deploy' | 'hot' | 'timeout'>;
  readonly hasher: Hasher;
  /** Hashes of all that belongs to a fusion, itself included; none when it is not here. */
  readonly derivedOf: (fusion: Hash) => Hash[];
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
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
  /** The manifest that was stored last; undefined until IndexedDB has been read. */
  #stored: Had | undefined;
  #unwritten: PackRecord[] = [];
  #isLate = false;

  constructor(options: CacheWriterOptions) {
    this.#options = options;
    const { prefix, registry, channel } = options.config;
    this.#key = `modcast ${prefix} ${channel}`;
    this.#writes = new SerialQueue(options.booted);
    // Without an identity, another site's deploys could not be told from this one's.
    const open = async () =>
      registry === null ? null : Cache.open(registry, options.hasher, `modcast ${prefix}`);
    this.#cache = open().catch((error: unknown) => {
      options.onProblem(error);
      return null;
    });
  }

  /** What was stored last. `localStorage` knows it before IndexedDB is open. */
  get have(): Had {
    if (this.#stored !== undefined) return this.#stored;
    try {
      const [registry, have, fusion] = localStorage.getItem(this.#key)!.split(' ');
      if (registry !== this.#options.config.registry || !isHash(have)) return NOTHING;
      return { have, fusion: isHash(fusion) ? fusion : null };
    } catch {
      return NOTHING;
    }
  }

  /** What the cache holds; nothing when IndexedDB fails or does not answer in time. */
  async load(): Promise<CacheContents> {
    const { after, onProblem, config } = this.#options;
    const ms = Math.max(STORAGE_MS, config.timeout);
    const late = new Promise<never>((_resolve, reject) => {
      after(ms, () => {
        this.#isLate = true;
        reject(new Error(`IndexedDB has not answered for ${ms} ms`));
      });
    });
    let contents = EMPTY;
    try {
      contents = await Promise.race([this.#read(), late]);
    } catch (error) {
      onProblem(error);
    }
    const { deploys, records } = contents;
    const last = deploys.at(-1);
    this.#stored ??= last === undefined ? NOTHING : { have: last.hash, fusion: last.fusion };
    debug(
      'loaded deploys',
      deploys.map(({ deploy }) => deploy),
      'and blobs:',
      records.length,
    );
    return contents;
  }

  async #read(): Promise<CacheContents> {
    const cache = await this.#cache;
    if (cache === null) return EMPTY;
    const { channel, deploy } = this.#options.config;
    const [deploys, records] = await Promise.all([cache.deploys(channel, deploy?.manifest), cache.blobs()]);
    return { deploys, records };
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
    // Once it was late, it may never be there. `idle()` waits for this.
    const cache = await (this.#isLate ? Promise.race([this.#cache, Promise.resolve(null)]) : this.#cache);
    if (this.#newest === undefined) return;
    this.#state = 'settled';
    const { deploy, hash, manifest, fusion } = this.#newest;
    const derived = fusion === null ? [] : this.#options.derivedOf(fusion);
    // Blobs of versions that have been edited again are not stored.
    const named = new Set([...derived, ...[...manifest.modules.values()].map((module) => module.hash)]);
    const records = this.#unwritten.filter((record) => named.has(record.hash));
    const isStored = this.#stored?.have === hash && this.#stored.fusion === fusion;
    if (cache === null || (records.length === 0 && isStored)) return;
    this.#unwritten = [];
    const { channel, registry } = this.#options.config;
    try {
      await cache.put(records, { channel, deploy, hash, manifest, fusion, derived });
      this.#stored = { have: hash, fusion };
      localStorage.setItem(this.#key, `${registry} ${hash} ${fusion ?? ''}`);
      debug('stored deploy', deploy, 'and new blobs:', records.length);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}
