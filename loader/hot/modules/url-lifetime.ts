/** Superseded URLs that are kept while an import is pending. */
const KEPT_URLS = 64;

/** Which natural URLs can no longer be imported, and how long the URLs of created instances live. */
export class UrlLifetime {
  readonly #revoke: (target: string) => void;
  /** Natural URLs that the engine may have tried to load. It keeps the result, also a failure. */
  readonly #unusableUrls = new Set<string>();
  /** Natural URLs of created instances, by target. */
  readonly #naturalUrls = new Map<string, string>();
  readonly #superseded: string[] = [];
  #pendingImports = 0;

  /** @param revoke called with each target that is evicted */
  constructor(revoke: (target: string) => void) {
    this.#revoke = revoke;
  }

  isUnusable(url: string): boolean {
    return this.#unusableUrls.has(url);
  }

  markUnusable(url: string): void {
    this.#unusableUrls.add(url);
  }

  /** An instance of `url` was created at `target`. */
  add(target: string, url: string): void {
    this.#naturalUrls.set(target, url);
  }

  naturalUrlOf(target: string): string | undefined {
    return this.#naturalUrls.get(target);
  }

  /** Nothing imports these targets any more, apart from imports that are pending now. */
  supersede(targets: Iterable<string>): void {
    this.#superseded.push(...targets);
  }

  /** Keeps superseded URLs until the import settles, as it may still load them. */
  async whilePending<T>(importing: Promise<T>): Promise<T> {
    this.#pendingImports++;
    try {
      return await importing;
    } finally {
      this.#pendingImports--;
    }
  }

  /** Revokes superseded URLs. An import that never settles keeps only the last few. */
  evict(): void {
    const keep = this.#pendingImports > 0 ? KEPT_URLS : 0;
    while (this.#superseded.length > keep) {
      const target = this.#superseded.shift()!;
      this.#naturalUrls.delete(target);
      this.#revoke(target);
    }
  }
}
