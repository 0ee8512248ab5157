import { isHash, type Hash, type Hasher } from '../../schema/hash.js';
import type { PackRecord } from '../../schema/pack.js';
import { Cache, type CachedDeploy } from './cache.js';
import type { LoaderConfig } from '../config.js';
import type { Release } from '../transport/channel-client.js';

export interface Kept {
  readonly deploy: CachedDeploy | null;
  readonly records: readonly PackRecord[];
}

const NOTHING: Kept = { deploy: null, records: [] };

/** While files are being edited they are written once in so many milliseconds: whoever waits for an update comes first. */
const EDITING_MS = 3000;

export interface CacheWriterOptions {
  readonly config: LoaderConfig;
  readonly hasher: Hasher;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
  /** Nothing is written before: a boot does not wait for a disk. */
  readonly booted: Promise<unknown>;
  /** The cache is missing, full or broken; this page goes on in memory. */
  readonly onProblem: (error: unknown) => void;
}

/** Keeps deploys in this browser from one visit to the next, as far as the browser lets it. */
export class CacheWriter {
  readonly #options: CacheWriterOptions;
  readonly #key: string;
  readonly #cache: Promise<Cache | null>;
  /** One write after the other. */
  #writing: Promise<void>;
  /** What the next write is to keep. */
  #newest: Release | undefined;
  /** Before a boot has been written nothing is put off: its visitor may leave. */
  #state: 'booting' | 'settled' | 'deferred' = 'booting';
  /** Undefined until IndexedDB has said what it holds. */
  #stored: Hash | null | undefined;
  /** Blobs that came but are not written yet. */
  #unwritten: PackRecord[] = [];

  constructor(options: CacheWriterOptions) {
    this.#options = options;
    this.#key = `modcast ${options.config.prefix} ${options.config.channel}`;
    this.#writing = options.booted.then(() => {});
    this.#cache = Cache.open(`modcast ${options.config.prefix}`, options.hasher).catch((error: unknown) => {
      options.onProblem(error);
      return null;
    });
  }

  /** The manifest that was stored last: `localStorage` knows it before IndexedDB is open. */
  get have(): Hash | null {
    if (this.#stored !== undefined) return this.#stored;
    try {
      const text = localStorage.getItem(this.#key);
      return isHash(text) ? text : null;
    } catch {
      return null;
    }
  }

  /** What is there, or nothing when the browser does not say in time. */
  async load(): Promise<Kept> {
    const { after, config, onProblem } = this.#options;
    const late = new Promise<never>((_resolve, reject) => {
      after(config.stall, () => reject(new Error(`IndexedDB has not answered for ${config.stall} ms`)));
    });
    let kept = NOTHING;
    try {
      kept = await Promise.race([this.#read(), late]);
    } catch (error) {
      onProblem(error);
    }
    this.#stored ??= kept.deploy?.hash ?? null;
    return kept;
  }

  async #read(): Promise<Kept> {
    const cache = await this.#cache;
    if (cache === null) return NOTHING;
    const [deploy, records] = await Promise.all([cache.newest(this.#options.config.channel), cache.blobs()]);
    return { deploy, records };
  }

  /**
   * A deploy is here whole; `records` are the blobs that came with it. Resolves when it has been written, unless that
   * is put off.
   */
  keep(release: Release, records: readonly PackRecord[]): Promise<void> {
    const { config, after } = this.#options;
    this.#unwritten.push(...records);
    this.#newest = release;
    if (config.hot === null || this.#state === 'booting') return this.idle();
    if (this.#state === 'settled') {
      this.#state = 'deferred';
      after(EDITING_MS, () => void this.idle());
    }
    return this.#writing;
  }

  /** Resolves when all that was to be kept has been written. */
  idle(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const cache = await this.#cache;
    if (this.#newest === undefined) return;
    this.#state = 'settled';
    const { deploy, hash, manifest } = this.#newest;
    // Of what was edited meanwhile the last version.
    const named = new Set([...manifest.modules.values()].map((module) => module.hash));
    const records = this.#unwritten.filter((record) => named.has(record.hash));
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
