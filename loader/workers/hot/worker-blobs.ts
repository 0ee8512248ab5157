import type { Hash } from '../../../schema/hash.js';
import type { PooledBlob } from '../../cache/blob-pool.js';
import type { PageLink } from './page-link.js';

/** The blobs that a worker has got from its page, which has verified them. */
export class WorkerBlobs {
  readonly #link: Pick<PageLink, 'need'>;
  readonly #blobs = new Map<Hash, PooledBlob>();

  constructor(link: Pick<PageLink, 'need'>) {
    this.#link = link;
  }

  get = (hash: Hash): PooledBlob | undefined => this.#blobs.get(hash);

  has = (hash: Hash): boolean => this.#blobs.has(hash);

  retain = (hashes: ReadonlySet<Hash>): void => {
    for (const hash of this.#blobs.keys()) if (!hashes.has(hash)) this.#blobs.delete(hash);
  };

  /** As `ChannelClient.need`. */
  need = async (hashes: Iterable<Hash>, closure: boolean): Promise<void> => {
    for (const [hash, blob] of await this.#link.need(hashes, closure)) this.#blobs.set(hash, blob);
  };
}
