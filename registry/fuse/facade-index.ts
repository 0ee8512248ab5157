import { setImmediate } from 'node:timers/promises';
import type { Hash, Path } from '../../schema/index.js';
import type { Deploy } from '../store/store.js';
import { facadesOf } from './facades.js';
import type { DirectFusions } from './direct-fusions.js';
import type { Fusions } from './fusions.js';
import type { RunOwner } from './run-owners.js';

export interface FacadeIndexOptions {
  readonly fusions: Pick<Fusions, 'known' | 'owner'>;
  readonly direct: Pick<DirectFusions, 'byHash'>;
  /** Path of the site's root. */
  readonly base: string;
}

export interface FoundFacade {
  readonly bytes: Uint8Array;
  readonly owner: RunOwner;
  readonly isPreferred: boolean;
}

/** Finds facades by their hashes: in one deploy after the other, they are mostly the same. */
export class FacadeIndex {
  readonly #options: FacadeIndexOptions;
  /** By path and hash: the fusions that have it. */
  readonly #fusions = new Map<string, Hash[]>();
  /** Fusions whose facades are in the index. */
  readonly #added = new Set<Hash>();

  constructor(options: FacadeIndexOptions) {
    this.#options = options;
  }

  /**
   * @param prefers deploys that are better than the newest one that has it
   * @returns undefined for one of no known deploy
   */
  async find(
    path: Path,
    hash: Hash,
    prefers: (deploy: Deploy) => Promise<boolean>,
  ): Promise<FoundFacade | undefined> {
    const found = await this.#search(path, hash, prefers);
    if (found?.isPreferred === true) return found;
    const known = await this.#options.fusions.known();
    this.#forget(new Set(known));
    for (const fusion of known) {
      await this.add(fusion);
      // Each takes up to 100 ms: others have to be answered meanwhile.
      await setImmediate();
    }
    return this.#search(path, hash, prefers);
  }

  /** Puts all facades of a fusion into the index, once. */
  async add(hash: Hash): Promise<void> {
    if (this.#added.has(hash)) return;
    const { fusions, direct, base } = this.#options;
    const [fusion, owner] = [await direct.byHash(hash), await fusions.owner(hash)];
    if (fusion === undefined || owner === undefined || this.#added.has(hash)) return;
    this.#added.add(hash);
    const facades = facadesOf(fusion, owner.manifest, base);
    for (const path of fusion.runs.flatMap(({ members }) => members)) {
      const key = `${facades.hash(path)} ${path}`;
      const list = this.#fusions.get(key);
      if (list === undefined) this.#fusions.set(key, [hash]);
      else list.push(hash);
    }
  }

  async #search(
    path: Path,
    hash: Hash,
    prefers: (deploy: Deploy) => Promise<boolean>,
  ): Promise<FoundFacade | undefined> {
    const { fusions, direct, base } = this.#options;
    let found: FoundFacade | undefined;
    for (const each of (this.#fusions.get(`${hash} ${path}`) ?? []).toReversed()) {
      const [fusion, owner] = [await direct.byHash(each), await fusions.owner(each)];
      const bytes = fusion && owner && facadesOf(fusion, owner.manifest, base).of(path);
      if (bytes === undefined) continue;
      const isPreferred = await prefers(owner!.deploy);
      if (isPreferred) return { bytes, owner: owner!, isPreferred };
      found ??= { bytes, owner: owner!, isPreferred };
    }
    return found;
  }

  /** Forgets fusions that are not known any more. */
  #forget(known: ReadonlySet<Hash>): void {
    const gone = new Set([...this.#added].filter((hash) => !known.has(hash)));
    if (gone.size === 0) return;
    for (const hash of gone) this.#added.delete(hash);
    for (const [key, list] of this.#fusions) {
      const left = list.filter((hash) => !gone.has(hash));
      if (left.length === 0) this.#fusions.delete(key);
      else this.#fusions.set(key, left);
    }
  }
}
