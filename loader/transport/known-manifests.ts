import type { Hash, Hasher } from '../../schema/hash.js';
import {
  applyDelta,
  EMPTY_MANIFEST,
  manifestBytes,
  type Manifest,
  type ManifestDelta,
} from '../../schema/manifest.js';
import type { CachedDeploy } from '../cache/cache.js';

/** The manifests that a server's difference may be based on: the last one received, and cached ones. */
export class KnownManifests {
  readonly #hasher: Hasher;
  readonly #cached: Promise<readonly CachedDeploy[]>;
  #last: { readonly hash: Hash; readonly manifest: Manifest } | undefined;

  constructor(hasher: Hasher, cached: Promise<readonly CachedDeploy[]>) {
    this.#hasher = hasher;
    this.#cached = cached;
  }

  set(hash: Hash, manifest: Manifest): void {
    this.#last = { hash, manifest };
  }

  forget(): void {
    this.#last = undefined;
  }

  async get(hash: Hash): Promise<Manifest | null> {
    if (this.#last?.hash === hash) return this.#last.manifest;
    return (await this.#cached).find((cached) => cached.hash === hash)?.manifest ?? null;
  }

  /**
   * @param base null: the empty manifest
   * @returns null when the base is not known here
   */
  async apply(base: Hash | null, delta: ManifestDelta): Promise<Manifest | null> {
    const from = base === null ? EMPTY_MANIFEST : await this.get(base);
    return from === null ? null : applyDelta(from, delta);
  }

  /** Whether a manifest has this hash. Hashing takes longer than everything else in an update. */
  matches(manifest: Manifest, hash: Hash): boolean {
    return this.#hasher(manifestBytes(manifest)) === hash;
  }
}
