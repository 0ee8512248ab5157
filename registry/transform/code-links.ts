import { lexModule } from '../../importmap/index.js';
import type { Hash, Links } from '../../schema/index.js';

/** Modules whose links are kept in memory. */
const KEPT = 20_000;

/** The links of code that transforms have made. It is lexed once, for what it imports and for pages. */
export class CodeLinks {
  readonly #known = new Map<Hash, Links>();

  known(hash: Hash): Links | undefined {
    return this.#known.get(hash);
  }

  /** @param hash of the bytes */
  of(hash: Hash, bytes: Uint8Array): Links {
    let links = this.#known.get(hash);
    if (links === undefined) {
      links = lexModule(bytes);
      if (this.#known.size >= KEPT) this.#known.clear();
      this.#known.set(hash, links);
    }
    return links;
  }
}
