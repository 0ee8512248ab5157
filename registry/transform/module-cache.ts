import type { Diagnostic, Hash } from '../../schema/index.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import { blake3 } from '../hash.js';
import type { DerivedItem } from '../store/store.js';
import type { ManifestFiles } from './manifest-files.js';
import type { TransformedModule } from './module-transformer.js';
import type { Dependency, VirtualModule } from './transform.js';

/** A transformed module, without its code. */
export interface CachedModule {
  /** Of the code. Null: the file is served as it was written. */
  readonly code: { readonly hash: Hash; readonly size: number } | null;
  readonly deps: readonly Dependency[];
  /** The state of `deps`. */
  readonly fingerprint: string;
  readonly virtual: readonly VirtualModule[];
  readonly problem?: Diagnostic;
}

/** Modules that are kept in memory. */
const KEPT = 10_000;

/** The results of transforms, in memory and beside the blobs. */
export class ModuleCache {
  readonly #derived: DerivedBlobs;
  readonly #version: string;
  readonly #known = new Map<Hash, CachedModule>();
  #items: DerivedItem[] = [];

  constructor(derived: DerivedBlobs, version: string) {
    this.#derived = derived;
    this.#version = version;
  }

  /** What a result is kept by. */
  key(...parts: readonly string[]): Hash {
    return blake3(new TextEncoder().encode(JSON.stringify([this.#version, ...parts])));
  }

  /** The results that still hold, by key. */
  async find(keys: readonly Hash[], files: ManifestFiles): Promise<Map<Hash, CachedModule>> {
    const unknown = keys.filter((key) => !this.#known.has(key));
    if (unknown.length > 0) {
      for (const { key, bytes } of await this.#derived.items('transform', unknown, this.#version)) {
        this.#keep(key, JSON.parse(new TextDecoder().decode(bytes)) as CachedModule);
      }
    }
    const found = new Map<Hash, CachedModule>();
    for (const key of keys) {
      const module = this.#known.get(key);
      if (module !== undefined && files.fingerprint(module.deps) === module.fingerprint)
        found.set(key, module);
    }
    return found;
  }

  /**
   * Takes a result. `flush` stores it.
   *
   * @param source the blob that it is made of: the result is collected with it
   */
  add(
    key: Hash,
    source: Hash,
    module: TransformedModule,
    files: ManifestFiles,
    code: string | null,
  ): CachedModule {
    const { deps, virtual, problem } = module;
    const bytes = code === null ? null : new TextEncoder().encode(code);
    const cached: CachedModule = {
      code: bytes === null ? null : { hash: blake3(bytes), size: bytes.length },
      deps,
      fingerprint: files.fingerprint(deps),
      virtual,
      ...(problem === undefined ? {} : { problem }),
    };
    const item = { key, version: this.#version, needs: [source] };
    const row = new TextEncoder().encode(JSON.stringify(cached));
    this.#items.push({ ...item, kind: 'transform', hash: blake3(row), bytes: row });
    if (bytes !== null)
      this.#items.push({ ...item, kind: 'module', key: cached.code!.hash, hash: cached.code!.hash, bytes });
    // Otherwise the map is in the code.
    if (module.map !== null && bytes !== null && code === module.code) {
      const map = new TextEncoder().encode(module.map);
      this.#items.push({ ...item, kind: 'map', key: cached.code!.hash, hash: blake3(map), bytes: map });
    }
    this.#keep(key, cached);
    return cached;
  }

  /** Forgets a result, to make it again. */
  forget(key: Hash): void {
    this.#known.delete(key);
  }

  async flush(): Promise<void> {
    const items = this.#items;
    this.#items = [];
    if (items.length > 0) await this.#derived.put(items);
  }

  #keep(key: Hash, module: CachedModule): void {
    this.#known.delete(key);
    this.#known.set(key, module);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
  }
}
