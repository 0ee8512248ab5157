import { describe } from 'vitest';
import type { Engine } from './engine.js';
import { selectEngines } from './selection.js';

/** Defines the same tests for each selected engine. */
export function inEachEngine(define: (engine: Engine) => void): void {
  for (const engine of selectEngines().engines) {
    describe(`${engine.name}:`, () => {
      define(engine);
    });
  }
}
