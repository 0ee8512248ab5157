import { isWebKit } from '../../page/engine.js';
import type { Describer } from './describe.js';

export interface WindowErrors {
  /** Whether an error is one of them. To be called when the page's scripts have run. */
  includes(error: unknown): boolean;
  /**
   * The error of a module that a script of the page runs, where the engine forgets it: in WebKit, import() of
   * a module that has failed resolves, or never settles.
   */
  forgotten(path: string): unknown;
}

/** Collects the errors that reach the window: those that the page's own code does not handle. */
export function collectWindowErrors({ error: describe, below }: Describer): WindowErrors {
  const errors: unknown[] = [];
  addEventListener('error', ({ error }) => error !== null && errors.push(error));
  return {
    // The engine may create a new linking error for each import.
    includes: (error) => errors.some((one) => one === error || String(one) === String(error)),
    forgotten(path) {
      if (!isWebKit() || errors.length === 0) return undefined;
      const files = below(path);
      return errors.find((error) => files.includes(describe(error, path).id ?? path));
    },
  };
}

/** Whether a script of the page has this source. The page cannot handle the failure of a script. */
export function isScript(url: string): boolean {
  return [...document.scripts].some(({ src }) => src === url);
}
