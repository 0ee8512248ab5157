import { atBase, atBaseOfImports } from './at-base.js';
import { restoreType, type HeldPage, type HeldScript, type ScriptElement } from './held-page.js';
import { isGecko } from './engine.js';
import { insertAgain } from './insert-again.js';
import { runMarker } from './marker.js';
import { runInTurn } from './run-in-turn.js';

export interface RunOptions {
  /**
   * Changes an element just before the browser reads it.
   *
   * @param first a statement that the text of an inline module has to begin with
   * @returns a function that restores what its author wrote, once the browser has read it
   */
  readonly prepare: (script: HeldScript, first: string) => () => void;
  /** Sets a script's text. May throw where the page's policy forbids it. */
  readonly setText: (script: HTMLScriptElement, text: string) => void;
  readonly nonce: string;
  /** Called when all but the `async` scripts have run or failed. */
  readonly done: () => void;
}

/**
 * Runs the page's own element, so that its listeners, nonce and text stay.
 *
 * @returns when the next one can run, unless it can at once
 */
function run(script: HeldScript, first: string, prepare: RunOptions['prepare']): Promise<void> | void {
  const { element, kind, base } = script;
  const restore = prepare(script, first);
  restoreType(element, kind === 'module' ? 'module' : null);
  // Inserted scripts keep their order only with `async = false`.
  if (element instanceof HTMLScriptElement && !element.hasAttribute('async')) element.async = false;
  const hasOwnBase = script.src === null && document.baseURI !== base;
  const inserted = (hasOwnBase ? atBaseOfImports : atBase)(base, () => insertAgain(element));
  restore();
  return inserted;
}

/** Runs the held scripts in document order, each in its own place. */
export async function runHeldScripts(page: HeldPage, options: RunOptions): Promise<void> {
  const { prepare, done } = options;
  if (isGecko()) {
    const { scripts } = page;
    return runInTurn({ scripts, done, run: (script, first) => void run(script, first, prepare) });
  }
  const last = page.scripts.findLast(({ element }) => !element.hasAttribute('async'));
  if (last !== undefined && last.src !== null) whenSettled(last.element, done);
  for (const script of page.scripts) {
    const inserted = run(script, '', prepare);
    if (inserted !== undefined) await inserted;
  }
  if (last === undefined) done();
  // Inline module scripts have no load event. A script after them in the same queue runs when they have run.
  else if (last.src === null) runMarker({ ...options, inOrder: true, ran: done });
}

function whenSettled(element: ScriptElement, done: () => void): void {
  for (const name of ['load', 'error']) element.addEventListener(name, done, { once: true });
}
