import { isStackPrepared, type ErrorEvents } from './error-events.js';
import type { HeldScript } from './held-page.js';
import { whenSettled } from './settled-element.js';

/**
 * Longest wait for an inline module to start, in case that its failure shows nowhere. Natively, scripts wait
 * for what it imports without a limit.
 */
const LIMIT_MS = 10_000;

let count = 0;

export interface TurnOptions {
  readonly scripts: readonly HeldScript[];
  /** Inserts the script. `first` is what an inline module has to begin with. */
  readonly run: (script: HeldScript, first: string) => void;
  /**
   * What an inline module begins with so that it first evaluates an expression. Undefined where a policy
   * forbids it.
   */
  readonly signal: (script: HeldScript, expression: string) => string | undefined;
  readonly errors: Pick<ErrorEvents, 'on'>;
  readonly done: () => void;
}

/**
 * Runs scripts in order where the engine does not queue inline modules with the others: each inline module
 * waits until all scripts before it have settled, and the scripts after it wait until it has started.
 */
export function runInTurn(options: TurnOptions): void {
  const { scripts, run, done } = options;
  const queue = [...scripts];
  const next = (): void => {
    const inline = queue.findIndex(({ src }) => src === null);
    const external = queue.splice(0, inline < 0 ? queue.length : inline);
    const then = () => {
      const script = queue.shift();
      if (script === undefined) done();
      else runInline(script, options, next);
    };
    // One that fails may do so before others. Natively its event comes in its turn.
    const events: string[] = [];
    let sent = 0;
    for (const [index, script] of external.entries()) {
      whenSettled(script.element, ({ type }) => {
        events[index] = type;
        for (; events[sent] !== undefined; sent++) external[sent]!.forward?.(events[sent]!);
        if (sent === external.length) then();
      });
    }
    for (const script of external) run(script, '');
    if (external.length === 0) then();
  };
  next();
}

/** An engine's error that no code has thrown. */
const isOfEngine = (error: unknown): boolean =>
  error instanceof Error && !isStackPrepared() && !/^\s+at |@/m.test(String(error.stack));

/**
 * Runs an inline module. `then` is called when its graph has been evaluated up to the first `await`, or has
 * failed.
 */
export function runInline(
  script: HeldScript,
  { run, signal, errors }: Pick<TurnOptions, 'run' | 'signal' | 'errors'>,
  then: () => void,
): void {
  const name = `__modcast_ran_${++count}__`;
  const globals = globalThis as Record<string, unknown>;
  let isSettled = false;
  const settle = () => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timer);
    delete globals[name];
    ignore();
    then();
  };
  const timer = setTimeout(settle, LIMIT_MS);
  // It does not parse or link. A module that throws has started.
  const ignore = errors.on(({ error }) => isOfEngine(error) && setTimeout(settle));
  whenSettled(script.element, () => {
    script.forward?.('error');
    settle();
  });
  // The rest of the graph has run when a timer fires.
  globals[name] = () => setTimeout(settle);
  const first = signal(script, `globalThis.${name}?.()`);
  run(script, first ?? '');
  if (first === undefined) setTimeout(settle);
}
