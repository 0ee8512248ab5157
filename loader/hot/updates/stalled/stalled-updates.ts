import { moduleAt, type Site } from '../../../../importmap/site.js';
import type { Hash } from '../../../../schema/hash.js';
import type { Failure } from '../../errors/failure.js';

/** Modules that one update gave up, since a top-level await was pending and a newer update was queued. */
export interface StalledUpdate {
  /** The modules that were to be imported, each with its error. */
  readonly roots: ReadonlyMap<string, Failure>;
  /** The versions of the new instances that they import, themselves included. */
  readonly hashes: ReadonlyMap<string, Hash>;
  /** The newest versions of other modules that these import. One of all of them is the one that waits. */
  readonly dependencies: ReadonlyMap<string, Hash>;
  /** Natural URLs of modules that were to be replaced together with them and were not. */
  readonly outdated: readonly string[];
  /** Resolves when the import of one of the roots settles after all. */
  readonly settled: Promise<void>;
}

/**
 * Stalled updates. One is tried again when one of its modules changes, or when its import settles after all.
 */
export class StalledUpdates {
  readonly #all = new Set<StalledUpdate>();
  readonly #settled = new Set<StalledUpdate>();

  /** @param retry called when the import settles, unless the update was tried again before */
  add(update: StalledUpdate, retry: () => void): void {
    this.#all.add(update);
    void update.settled.then(() => {
      if (!this.#all.has(update)) return;
      this.#settled.add(update);
      retry();
    });
  }

  /** Removes the updates that can be tried again. @returns natural URLs of their modules */
  takeRetries(site: Site): string[] {
    const isOther = ([url, hash]: [string, Hash]) => moduleAt(site, url)?.hash !== hash;
    const ready = [...this.#all].filter(
      (update) => this.#settled.has(update) || [...update.hashes, ...update.dependencies].some(isOther),
    );
    for (const update of ready) this.#remove(update);
    return ready.flatMap(({ roots, outdated }) => [...roots.keys(), ...outdated]);
  }

  /**
   * Removes the updates of which the page runs no root any more. @returns what was to be replaced with them
   */
  retain(runs: (url: string) => boolean): string[] {
    const obsolete = [...this.#all].filter(({ roots }) => ![...roots.keys()].some(runs));
    for (const update of obsolete) this.#remove(update);
    return obsolete.flatMap(({ outdated }) => outdated);
  }

  get failures(): readonly Failure[] {
    return [...this.#all].flatMap(({ roots }) => [...roots.values()]);
  }

  /** Whether a version of a module belongs to a stalled update. */
  has({ url, hash }: { readonly url: string; readonly hash: Hash }): boolean {
    return [...this.#all].some(({ hashes }) => hashes.get(url) === hash);
  }

  #remove(update: StalledUpdate): void {
    this.#all.delete(update);
    this.#settled.delete(update);
  }
}
