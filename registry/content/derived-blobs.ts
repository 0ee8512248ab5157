import { LIMITS, type Hash } from '../../schema/index.js';
import { debug } from '../debug.js';
import { blake3 } from '../hash.js';
import type { DerivedItem, DerivedKind, DerivedStore, StoredBlob } from '../store/store.js';
import type { VerifiedBlobs } from './verified-blobs.js';

/**
 * Bytes that are made of the blobs of a deploy, by their hash: transformed modules, runs, and the fusions
 * that name them. They are in the store, the ones used last also in memory. Damaged ones are dropped, and
 * count as missing.
 */
export class DerivedBlobs {
  readonly #store: DerivedStore;
  readonly #limit: number;
  readonly #kept = new Map<Hash, Uint8Array>();
  #bytes = 0;

  /** @param limit bytes in memory */
  constructor(store: DerivedStore, limit = LIMITS.derivedCacheBytes) {
    this.#store = store;
    this.#limit = limit;
  }

  /** Undefined if nothing in memory or in the store has this hash. */
  async read(hash: Hash): Promise<Uint8Array | undefined> {
    const bytes = this.#kept.get(hash);
    if (bytes === undefined) {
      const item = await this.#store.derivedByHash(hash);
      return (await this.#sound(item === null ? [] : [item]))[0]?.bytes;
    }
    this.#kept.delete(hash);
    this.#kept.set(hash, bytes);
    return bytes;
  }

  /**
   * Reads modules in one query that are about to be read, as far as they fit into memory.
   *
   * @param keys by which modules are stored: their hashes
   */
  async prefetch(keys: readonly Hash[]): Promise<void> {
    const missing = keys.filter((key) => !this.#kept.has(key));
    if (missing.length > 1) await this.#sound(await this.#store.derived('module', missing));
  }

  /** The item of a kind whose bytes have a hash. Undefined where there is none. */
  async itemOf(kind: DerivedKind, hash: Hash): Promise<DerivedItem | undefined> {
    const item = await this.#store.derivedByHash(hash);
    return item?.kind === kind ? item : undefined;
  }

  /** The stored items of a kind that this version has made. */
  async items(kind: DerivedKind, keys: readonly Hash[], version: string): Promise<DerivedItem[]> {
    const found = await this.#store.derived(kind, keys);
    return this.#sound(found.filter((item) => item.version === version));
  }

  /** Stores items. Where that fails they are only in memory. */
  async put(items: readonly DerivedItem[]): Promise<void> {
    for (const { kind, hash, bytes } of items) if (isAsked(kind)) this.keep(hash, bytes);
    try {
      await this.#store.putDerived(items);
    } catch (error) {
      debug.fuse('%d items are not stored: %s', items.length, error);
    }
  }

  async drop(items: readonly Pick<DerivedItem, 'kind' | 'key'>[]): Promise<void> {
    await this.#store.dropDerived(items);
  }

  /** Keeps bytes in memory only. */
  keep(hash: Hash, bytes: Uint8Array): void {
    if (this.#kept.has(hash)) return;
    this.#kept.set(hash, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }

  async #sound(items: readonly DerivedItem[]): Promise<DerivedItem[]> {
    const sound = items.filter(({ hash, bytes }) => blake3(bytes) === hash);
    for (const { kind, hash, bytes } of sound) if (isAsked(kind)) this.keep(hash, bytes);
    if (sound.length < items.length) {
      const damaged = items.filter((item) => !sound.includes(item));
      debug.fuse('%d items are damaged', damaged.length);
      await this.#store.dropDerived(damaged);
    }
    return sound;
  }
}

/** Whether clients ask for items of a kind. */
const isAsked = (kind: DerivedKind): boolean => kind === 'fusion' || kind === 'run' || kind === 'module';

/**
 * Reads what a pack may hold: blobs, and what is made of them.
 *
 * @param derived the bytes of a run or a fusion
 */
export const sendable = (
  blobs: Pick<VerifiedBlobs, 'read'>,
  derived: (hash: Hash) => Promise<Uint8Array | undefined>,
): Pick<VerifiedBlobs, 'read'> => ({
  async read(hashes) {
    const found: Map<Hash, StoredBlob> = await blobs.read(hashes);
    for (const hash of hashes) {
      if (found.has(hash)) continue;
      const bytes = await derived(hash);
      if (bytes !== undefined) found.set(hash, { hash, bytes, links: null });
    }
    return found;
  },
});
