import { moduleAt, type Site } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Failure } from '../errors/failure.js';

/** What has been given up in one update. */
export interface GivenUp {
  /** What was accepted and did not come, each with what there is to say of it. */
  readonly accepted: ReadonlyMap<string, Failure>;
  /** The new versions that it rests on. */
  readonly hashes: ReadonlyMap<string, Hash>;
  /** The newest versions of what these import that has not been made for it: one of all of them still waits. */
  readonly below: ReadonlyMap<string, Hash>;
  /** Natural URLs of what was to be replaced with it, and was not. */
  readonly behind: readonly string[];
  /** Resolves when one of what was accepted has come after all, or failed. */
  readonly settled: Promise<void>;
}

/**
 * New versions that have been given up since they waited at their top level while there was something newer. To run them
 * again is no use until one of them is another, or has run.
 */
export class StalledUpdates {
  readonly #all = new Set<GivenUp>();
  readonly #settled = new Set<GivenUp>();

  /** @param again called when it is worth another try, unless it has had one */
  add(given: GivenUp, again: () => void): void {
    this.#all.add(given);
    void given.settled.then(() => {
      if (!this.#all.has(given)) return;
      this.#settled.add(given);
      again();
    });
  }

  /** @returns what is to be tried again, of which nothing is kept from now on */
  renewed(site: Site): string[] {
    const isOther = ([url, hash]: [string, Hash]) => moduleAt(site, url)?.hash !== hash;
    const renewed = [...this.#all].filter(
      (given) => this.#settled.delete(given) || [...given.hashes, ...given.below].some(isOther),
    );
    for (const given of renewed) this.#all.delete(given);
    return renewed.flatMap(({ accepted, behind }) => [...accepted.keys(), ...behind]);
  }

  /** Nobody waits any more for what the page does not run. @returns what was to be replaced with it */
  retain(runs: (url: string) => boolean): string[] {
    const over = [...this.#all].filter(({ accepted }) => ![...accepted.keys()].some(runs));
    for (const given of over) {
      this.#all.delete(given);
      this.#settled.delete(given);
    }
    return over.flatMap(({ behind }) => behind);
  }

  get failures(): readonly Failure[] {
    return [...this.#all].flatMap(({ accepted }) => [...accepted.values()]);
  }

  /** Whether a version is one of those. */
  has({ url, hash }: { readonly url: string; readonly hash: Hash }): boolean {
    return [...this.#all].some(({ hashes }) => hashes.get(url) === hash);
  }
}
