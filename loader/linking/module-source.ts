import { linkForBlob, type LinkedPart } from '../../importmap/link.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { SiteModule } from '../../importmap/site.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { Source } from './choose-target.js';
import { hasImportPhase } from './import-phase.js';
import { isJson } from './json.js';
import { JSON_TYPE } from './media-types.js';

/** A module's bytes from the blob pool, linked when first needed. */
export class ModuleSource implements Source {
  readonly module: SiteModule;
  readonly #blobPool: Pick<BlobPool, 'get'>;
  readonly #resolver: Resolver;
  #parts: readonly LinkedPart[] | undefined;

  constructor(module: SiteModule, blobPool: Pick<BlobPool, 'get'>, resolver: Resolver) {
    this.module = module;
    this.#blobPool = blobPool;
    this.#resolver = resolver;
  }

  get state(): Source['state'] {
    const blob = this.#blobPool.get(this.module.hash);
    if (blob === undefined) return 'unknown';
    if (this.module.type === JSON_TYPE) return isJson(blob.bytes) ? 'linkable' : 'broken';
    if (blob.links === null) return 'unknown';
    if (blob.links.state === 'unparsed') return 'broken';
    return hasImportPhase(blob.bytes, blob.links) ? 'new-syntax' : 'linkable';
  }

  /** Bytes as the author wrote them. */
  get size(): number {
    return this.#blobPool.get(this.module.hash)?.bytes.length ?? 0;
  }

  get linkedBytes(): number {
    // Specifiers are URLs: ASCII, but for rare aliases.
    return this.parts.reduce((size, part) => size + part.length, 0);
  }

  /** @throws ModcastError `links-invalid` */
  get parts(): readonly LinkedPart[] {
    return (this.#parts ??= this.#link());
  }

  #link(): readonly LinkedPart[] {
    const { hash, type, url } = this.module;
    const blob = this.#blobPool.get(hash);
    if (blob === undefined) return [];
    return type === JSON_TYPE || blob.links === null
      ? [blob.bytes]
      : linkForBlob(blob.bytes, blob.links, url, this.#resolver);
  }
}
