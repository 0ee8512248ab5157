import { isWebKit } from './engine.js';
import { isStackPrepared } from './correct-error.js';
import type { ErrorEvents } from './error-events.js';
import type { HeldScript } from './held-page.js';
import { withNatives } from './natives.js';
import { whenSettled } from './settled-element.js';

/**
 * Longest wait for an inline module to start, in case that its failure shows nowhere. Natively, scripts wait
 * for what it imports without a limit.
 */
const LIMIT_MS = 10_000;

let count = 0;

type InlineOptions = Pick<TurnOptions, 'run' | 'signal' | 'errors'>;

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
  const queue = withNatives(() => [...scripts]);
  const then = (): void => {
    const script = withNatives(() => queue.shift());
    if (script === undefined) done();
    else runInline(script, options, next);
  };
  const next = (): void => {
    const isStarted = withNatives(() => {
      const inline = queue.findIndex(({ src }) => src === null);
      const external = queue.splice(0, inline < 0 ? queue.length : inline);
      whenAllSettled(external, then);
      for (const script of external) run(script, '');
      return external.length > 0;
    });
    if (!isStarted) then();
  };
  next();
}

function whenAllSettled(scripts: readonly HeldScript[], then: () => void): void {
  // One that fails may do so before others. Natively its event comes in its turn.
  const events: string[] = [];
  let sent = 0;
  scripts.forEach(({ element }, index) =>
    whenSettled(element, (name) => {
      events[index] = name;
      for (; events[sent] !== undefined; sent++) scripts[sent]!.forward?.(events[sent]!);
      if (sent === scripts.length) then();
    }),
  );
}

/** An engine's error that no code has thrown. */
const isOfEngine = (error: unknown): boolean =>
  error instanceof Error && !isStackPrepared() && !/^\s+at |@/m.test(String(error.stack));

/**
 * Calls back when a script with a source has run or failed. In WebKit, one that does not parse or link has no
 * event: any such error counts there.
 */
export function whenOver(
  { element, forward }: HeldScript,
  { errors }: Pick<TurnOptions, 'errors'>,
  then: () => void,
): void {
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    ignore();
    then();
  };
  const ignore = errors.on(({ error }) => isWebKit() && isOfEngine(error) && setTimeout(end));
  whenSettled(element, (name) => {
    forward?.(name);
    end();
  });
}

/**
 * Runs an inline module. `then` is called when its graph has been evaluated up to the first `await`, or has
 * failed.
 */
export const runInline = (script: HeldScript, options: InlineOptions, then: () => void): void =>
  withNatives(() => insertInline(script, options, then));

function insertInline(script: HeldScript, { run, signal, errors }: InlineOptions, then: () => void): void {
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
  const first = signal(script, `window.${name}?.()`);
  run(script, first ?? '');
  if (first === undefined) setTimeout(settle);
}
