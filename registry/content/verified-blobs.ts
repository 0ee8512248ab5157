import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LIMITS, type Channel, type Hash, type Links } from '../../schema/index.js';
import { blake3, blake3InSlices } from '../hash.js';
import { currentLinks, sameLinks } from '../ingest/module-links.js';
import type { Store, StoredBlob } from '../store/store.js';

/** A blob whose bytes match its hash, and whose links are those of its bytes. */
export type VerifiedBlob = StoredBlob;

export interface VerifiedBlobsOptions {
  readonly store: Store;
  readonly channel: Channel;
  /** Where a file may still have the bytes of a damaged blob. */
  readonly directory: string | null;
  readonly onDamaged: (hash: Hash, repaired: boolean) => void;
}

/**
 * Blobs from this size on are read once for all that use them at the same time: many clients can ask for one
 * large file.
 */
const SHARED_BYTES = 64 * 1024;

/** Links that are kept in memory, besides those of the last request. */
const KEPT_LINKS = 100_000;

/**
 * Reads blobs from the store, hashes each and finds its links again. A damaged blob is repaired from the
 * site's file, damaged links from the blob's bytes.
 */
export class VerifiedBlobs {
  readonly #options: VerifiedBlobsOptions;
  readonly #links = new Map<Hash, Links | null>();
  /** Blobs whose entry in `#links` was found in their bytes by this process. */
  readonly #found = new Set<Hash>();
  /** Large blobs that something may still use. Their memory is free as soon as nothing does. */
  readonly #shared = new Map<Hash, { readonly links: Links | null; readonly bytes: WeakRef<Uint8Array> }>();
  /** The last large blobs, so that a series of requests does not read them again and again. */
  #recent: Uint8Array[] = [];
  readonly #reading = new Map<Hash, Promise<VerifiedBlob | undefined>>();

  constructor(options: VerifiedBlobsOptions) {
    this.#options = options;
  }

  /** One blob, for a response. Undefined if it does not exist or match its hash. */
  one(hash: Hash): Promise<VerifiedBlob | undefined> {
    const shared = this.#shared.get(hash);
    const bytes = shared?.bytes.deref();
    if (bytes !== undefined) return Promise.resolve({ hash, bytes, links: shared!.links });
    let reading = this.#reading.get(hash);
    if (reading === undefined) {
      reading = this.#readOne(hash).finally(() => this.#reading.delete(hash));
      this.#reading.set(hash, reading);
    }
    return reading;
  }

  async #readOne(hash: Hash): Promise<VerifiedBlob | undefined> {
    const blob = (await this.read([hash])).get(hash);
    if (blob === undefined || blob.bytes.length < SHARED_BYTES) return blob;
    for (const [known, { bytes }] of this.#shared) {
      if (bytes.deref() === undefined) this.#shared.delete(known);
    }
    this.#shared.set(hash, { links: blob.links, bytes: new WeakRef(blob.bytes) });
    this.#recent.unshift(blob.bytes);
    let left = LIMITS.blobCacheBytes;
    this.#recent = this.#recent.filter(({ length }) => (left -= length) >= 0);
    return blob;
  }

  /** The blobs that exist and match their hashes, by hash. */
  async read(hashes: readonly Hash[]): Promise<Map<Hash, VerifiedBlob>> {
    const found = new Map<Hash, VerifiedBlob>();
    for (const blob of await this.#options.store.blobs(hashes)) {
      const isSound = (await blake3InSlices(blob.bytes)) === blob.hash;
      const verified = isSound ? blob : await this.#repair(blob);
      if (verified !== undefined) found.set(verified.hash, await this.#withLinks(verified));
    }
    return found;
  }

  /** The links of blobs. They are kept in memory, because they are small and every boot needs them. */
  async links(hashes: Iterable<Hash>): Promise<ReadonlyMap<Hash, Links | null>> {
    const unknown = [...new Set(hashes)].filter((hash) => !this.#links.has(hash));
    if (unknown.length > 0) {
      // Of a long history, most links are of old versions.
      if (this.#links.size + unknown.length > KEPT_LINKS) this.#forgetLinks(new Set(hashes));
      for (const [hash, links] of await this.#options.store.links(unknown)) this.#links.set(hash, links);
    }
    return this.#links;
  }

  #forgetLinks(except: ReadonlySet<Hash>): void {
    for (const hash of this.#links.keys()) {
      if (except.has(hash)) continue;
      this.#links.delete(hash);
      this.#found.delete(hash);
    }
  }

  /** Lexes a blob once in this process. */
  async #withLinks(blob: VerifiedBlob): Promise<VerifiedBlob> {
    const { hash, bytes, links: stored } = blob;
    if (stored === null) return blob;
    const known = this.#found.has(hash) ? this.#links.get(hash)! : undefined;
    const links = known ?? (await currentLinks(bytes, stored))!;
    this.#links.set(hash, links);
    this.#found.add(hash);
    if (sameLinks(links, stored)) return blob;
    const repaired = { ...blob, links };
    await this.#options.store.repairBlob(repaired);
    this.#options.onDamaged(hash, true);
    return repaired;
  }

  async #repair(blob: StoredBlob): Promise<VerifiedBlob | undefined> {
    const { store, channel, directory, onDamaged } = this.#options;
    const name = directory === null ? null : await store.pathOf(channel, blob.hash);
    const bytes =
      name === null ? undefined : await readFile(path.join(directory!, name)).catch(() => undefined);
    const isRepaired = bytes !== undefined && blake3(bytes) === blob.hash;
    onDamaged(blob.hash, isRepaired);
    if (!isRepaired) return undefined;
    const repaired = { ...blob, bytes };
    await store.repairBlob(repaired);
    return repaired;
  }
}
