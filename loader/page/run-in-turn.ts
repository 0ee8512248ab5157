import type { HeldScript } from './held-page.js';

const SIGNAL = '__modcast_ran__';

/** Longest wait for an inline module to start: natively, scripts do not wait for its top-level await. */
const LIMIT_MS = 3000;

export interface TurnOptions {
  readonly scripts: readonly HeldScript[];
  /** Inserts the script. `first` is a statement that an inline module has to begin with. */
  readonly run: (script: HeldScript, first: string) => void;
  readonly done: () => void;
}

/**
 * Runs scripts in order where the engine does not queue inline modules with the others: each inline module
 * waits for the scripts before it, and the scripts after it wait until it has started.
 */
export function runInTurn({ scripts, run, done }: TurnOptions): void {
  const isAsync = ({ element }: HeldScript) => element.hasAttribute('async');
  for (const script of scripts.filter(isAsync)) run(script, '');
  const queue = scripts.filter((script) => !isAsync(script));
  const next = (): void => {
    const inline = queue.findIndex(({ src }) => src === null);
    const external = queue.splice(0, inline < 0 ? queue.length : inline);
    const last = external.at(-1);
    const then = () => {
      const script = queue.shift();
      if (script === undefined) return done();
      start(script, run, next);
    };
    if (last !== undefined) {
      for (const name of ['load', 'error']) last.element.addEventListener(name, then, { once: true });
    }
    for (const script of external) run(script, '');
    if (last === undefined) then();
  };
  next();
}

/** Runs an inline module. `then` is called when it has run up to its first `await`, or failed. */
function start(script: HeldScript, run: TurnOptions['run'], then: () => void): void {
  let isSettled = false;
  const settle = () => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timer);
    delete (globalThis as Record<string, unknown>)[SIGNAL];
    removeEventListener('error', settle);
    script.element.removeEventListener('error', settle);
    then();
  };
  const timer = setTimeout(settle, LIMIT_MS);
  // The statement is the module's first: the rest of it has run when a timer fires.
  Object.defineProperty(globalThis, SIGNAL, { configurable: true, value: () => setTimeout(settle) });
  addEventListener('error', settle);
  script.element.addEventListener('error', settle);
  try {
    run(script, `${SIGNAL}();`);
  } catch {
    // The page's policy forbids to change its text.
    run(script, '');
    setTimeout(settle);
  }
}
