import { isGecko, isWebKit } from './engine.js';
import type { ErrorEvents } from './error-events.js';
import { restoreType, type HeldPage, type HeldScript } from './held-page.js';
import { allInserted, insertAgain } from './insert-again.js';
import { runMarker } from './marker.js';
import { withNatives } from './natives.js';
import { proxyOf } from './proxy-script.js';
import { runInline, runInTurn, whenOver, type TurnOptions } from './run-in-turn.js';
import { whenSettled } from './settled-element.js';

export interface RunOptions extends Pick<TurnOptions, 'signal'> {
  /**
   * Changes an element just before the browser reads it.
   *
   * @param first what the text of an inline module has to begin with
   * @returns a function that restores what its author wrote, once the browser has read it
   */
  readonly prepare: (script: HeldScript, first: string) => () => void;
  /** Sets a script's text. May throw where the page's policy forbids it. */
  readonly setText: (script: HTMLScriptElement, text: string) => void;
  readonly nonce: string;
  readonly errors: Pick<ErrorEvents, 'on'>;
  /** Called when all but the `async` scripts have run or failed. */
  readonly done: () => void;
  /** Called when these have too. */
  readonly loaded: () => void;
}

/** Runs the held scripts in document order, each in its own place. */
export function runHeldScripts(page: HeldPage, options: RunOptions): void {
  const { prepare, loaded } = options;
  const run = (script: HeldScript, first: string) => {
    const { element, kind, base, async, src } = script;
    let restore = () => {};
    insertAgain({
      element,
      base,
      isInlineModule: src === null,
      before() {
        restore = prepare(script, first);
        restoreType(element, kind === 'module' ? 'module' : null);
        // Inserted scripts keep their order only with `async = false`.
        if (element instanceof HTMLScriptElement && !async) element.async = false;
      },
      after: () => restore(),
    });
  };
  const canChange = (script: HeldScript) => options.signal(script, '') !== undefined;
  let pending = 1;
  const settled = () => --pending || loaded();
  const done = () => {
    settled();
    options.done();
  };
  const inOrder = withNatives(() => {
    const scripts = page.scripts.map((script) => (isGecko() && canChange(script) ? proxyOf(script) : script));
    for (const script of scripts) {
      if (!script.async) {
        if (!isGecko()) run(script, '');
        continue;
      }
      pending++;
      if (script.src === null) runInline(script, { ...options, run }, settled);
      else {
        whenOver(script, options, settled);
        run(script, '');
      }
    }
    return scripts.filter(({ async }) => !async);
  });
  if (withNatives(isGecko)) return runInTurn({ ...options, scripts: inOrder, run, done });
  const last = inOrder[inOrder.length - 1];
  if (last === undefined) return done();
  // A script after them in the same queue runs when they have run.
  const mark = async () => {
    await allInserted();
    runMarker({ ...options, inOrder: true, ran: done });
  };
  // Inline module scripts have no load event, nor in WebKit others that do not parse or link. One that fails
  // to load may do so before others have run.
  if (last.src === null || isWebKit()) void mark();
  else withNatives(() => whenSettled(last.element, (name) => (name === 'load' ? done() : void mark())));
}
