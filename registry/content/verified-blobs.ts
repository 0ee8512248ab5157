import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { lexModule } from '../../importmap/index.js';
import type { Channel, Hash, Links } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { linksAgain, sameLinks } from '../ingest/module-links.js';
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
 * Reads blobs from the store, hashes each and finds its links again. A damaged blob is repaired from the
 * site's file, damaged links from the blob's bytes.
 */
export class VerifiedBlobs {
  readonly #options: VerifiedBlobsOptions;
  readonly #links = new Map<Hash, Links | null>();
  /** Blobs whose entry in `#links` was found in their bytes by this process. */
  readonly #found = new Set<Hash>();

  constructor(options: VerifiedBlobsOptions) {
    this.#options = options;
  }

  /** The blobs that exist and match their hashes, by hash. */
  async read(hashes: readonly Hash[]): Promise<Map<Hash, VerifiedBlob>> {
    const found = new Map<Hash, VerifiedBlob>();
    for (const blob of await this.#options.store.blobs(hashes)) {
      const verified = blake3(blob.bytes) === blob.hash ? blob : await this.#repair(blob);
      if (verified !== undefined) found.set(verified.hash, await this.#withLinks(verified));
    }
    return found;
  }

  /** The links of blobs. They are kept in memory, because they are small and every boot needs them. */
  async links(hashes: Iterable<Hash>): Promise<ReadonlyMap<Hash, Links | null>> {
    const unknown = [...new Set(hashes)].filter((hash) => !this.#links.has(hash));
    if (unknown.length > 0) {
      for (const [hash, links] of await this.#options.store.links(unknown)) this.#links.set(hash, links);
    }
    return this.#links;
  }

  /** Lexes a blob once in this process. */
  async #withLinks(blob: VerifiedBlob): Promise<VerifiedBlob> {
    const { hash, bytes, links: stored } = blob;
    if (stored === null) return blob;
    const known = this.#found.has(hash) ? this.#links.get(hash)! : undefined;
    const links = known ?? (await currentLinks(bytes, stored));
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

/** The lexer alone decides about a module that was found to parse: parsing takes ten times as long. */
const currentLinks = async (bytes: Uint8Array, stored: Links): Promise<Links> =>
  stored.state === 'linked' ? lexModule(bytes) : linksAgain(bytes);
