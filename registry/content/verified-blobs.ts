import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Channel, Hash, Links } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { Store, StoredBlob } from '../store/store.js';

/** A blob as it may be sent: its bytes are what its hash says. */
export type VerifiedBlob = StoredBlob;

export interface VerifiedBlobsOptions {
  readonly store: Store;
  readonly channel: Channel;
  /** Where a damaged blob's bytes may still lie as a file. */
  readonly directory: string | null;
  readonly onDamaged: (hash: Hash, mended: boolean) => void;
}

/** Reads blobs from the store, never trusting it: each is hashed, and a damaged one mended from the site's file. */
export class VerifiedBlobs {
  readonly #options: VerifiedBlobsOptions;
  readonly #links = new Map<Hash, Links | null>();

  constructor(options: VerifiedBlobsOptions) {
    this.#options = options;
  }

  /** The blobs that exist and are sound, by hash. */
  async read(hashes: readonly Hash[]): Promise<Map<Hash, VerifiedBlob>> {
    const sound = new Map<Hash, VerifiedBlob>();
    for (const blob of await this.#options.store.blobs(hashes)) {
      const verified = blake3(blob.bytes) === blob.hash ? blob : await this.#mend(blob);
      if (verified !== undefined) sound.set(verified.hash, verified);
    }
    return sound;
  }

  /** Links of blobs, kept in memory: they are small and asked for by every boot. */
  async links(hashes: Iterable<Hash>): Promise<ReadonlyMap<Hash, Links | null>> {
    const unknown = [...new Set(hashes)].filter((hash) => !this.#links.has(hash));
    if (unknown.length > 0) {
      for (const [hash, links] of await this.#options.store.links(unknown)) this.#links.set(hash, links);
    }
    return this.#links;
  }

  async #mend(blob: StoredBlob): Promise<VerifiedBlob | undefined> {
    const { store, channel, directory, onDamaged } = this.#options;
    const name = directory === null ? null : await store.pathOf(channel, blob.hash);
    const bytes =
      name === null ? undefined : await readFile(path.join(directory!, name)).catch(() => undefined);
    const mended = bytes !== undefined && blake3(bytes) === blob.hash;
    onDamaged(blob.hash, mended);
    if (!mended) return undefined;
    const sound = { ...blob, bytes };
    await store.mendBlob(sound);
    return sound;
  }
}
