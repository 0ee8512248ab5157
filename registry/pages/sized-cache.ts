/** A cache bounded by the size of its values. It drops the least recently used ones first. */
export class SizedCache<K, V> {
  readonly #limit: number;
  readonly #kept = new Map<K, { readonly value: V; readonly size: number }>();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  /** The newest value stays, also when it alone is larger than the limit. */
  set(key: K, value: V, size: number): void {
    this.#delete(key);
    this.#kept.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#limit || this.#kept.size === 1) break;
      this.#delete(oldest);
    }
  }

  #delete(key: K): void {
    this.#size -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }
}
