import type { RegistryEvents } from '../../registry/index.js';

type Failure = Parameters<RegistryEvents['failed']>[0];

/** Failures that are printed between two deploys. Anyone who can open the site can report more. */
const PRINTED = 200;

/** Which reported failures are printed: each once, and not without end. */
export class PageFailures {
  readonly #known = new Set<string>();

  /** @returns whether this one is printed; `last` for the one after which no other is */
  take({ deploy, stage, message }: Failure): boolean | 'last' {
    const key = `${deploy} ${stage} ${message}`;
    if (this.#known.size >= PRINTED || this.#known.has(key)) return false;
    this.#known.add(key);
    return this.#known.size === PRINTED ? 'last' : true;
  }

  /** After a deploy they are printed again. */
  forget(): void {
    this.#known.clear();
  }
}
