import type { SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { BlobPool } from '../../cache/blob-pool.js';
import { isJson } from '../../linking/json.js';

/** Which modules do not parse, as far as their blobs are in the page. Parses each JSON file once. */
export class Unparsed {
  readonly #blobPool: Pick<BlobPool, 'get'>;
  readonly #json = new Map<Hash, boolean>();

  constructor(blobPool: Pick<BlobPool, 'get'>) {
    this.#blobPool = blobPool;
  }

  has({ hash, type }: SiteModule): boolean {
    const blob = this.#blobPool.get(hash);
    if (blob === undefined) return false;
    if (type !== 'application/json') return blob.links?.state === 'unparsed';
    const known = this.#json.get(hash) ?? !isJson(blob.bytes);
    this.#json.set(hash, known);
    return known;
  }

  /** Forgets all but these. */
  retain(hashes: ReadonlySet<Hash>): void {
    for (const hash of this.#json.keys()) if (!hashes.has(hash)) this.#json.delete(hash);
  }
}
