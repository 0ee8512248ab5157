import { describe } from 'vitest';
import type { Engine, EngineName } from './engine.js';
import { selectEngines } from './selection.js';

/**
 * Defines the same tests for each selected engine.
 *
 * @param except engines in which the tests are not defined
 */
export function inEachEngine(define: (engine: Engine) => void, except: readonly EngineName[] = []): void {
  for (const engine of selectEngines().engines) {
    if (except.includes(engine.name)) continue;
    describe(`${engine.name}:`, () => {
      define(engine);
    });
  }
}

/** For suites that have not run in WebKit yet. */
export const inChromiumAndFirefox = (define: (engine: Engine) => void): void =>
  inEachEngine(define, ['WebKit']);
