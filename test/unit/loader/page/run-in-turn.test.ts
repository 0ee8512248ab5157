import { beforeEach, expect, it, vi } from 'vitest';
import type { HeldScript } from '../../../../loader/page/held-page.js';
import { runInTurn } from '../../../../loader/page/run-in-turn.js';

/** A page whose engine only runs what the test says. */
class Page {
  readonly log: string[] = [];
  readonly scripts: HeldScript[];
  /** Calls that inline modules begin with, by their names. */
  readonly #signals = new Map<string, () => void>();
  readonly #listeners = new Set<(event: ErrorEvent) => void>();

  /** @param names of the scripts: an inline module's begins with "inline" */
  constructor(names: readonly string[], canSignal = true) {
    this.scripts = names.map((name) => ({
      element: new EventTarget() as HTMLScriptElement,
      src: name.startsWith('inline') ? null : name,
      imports: [],
      kind: 'module',
      async: false,
      base: '',
      text: name,
      at: undefined,
      forward: (event) => this.log.push(`${event} of ${name}`),
    }));
    runInTurn({
      scripts: this.scripts,
      run: ({ text }) => this.log.push(text),
      signal: ({ text }, expression) => {
        const name = /window\.(\w+)/.exec(expression)![1]!;
        this.#signals.set(text, () =>
          (globalThis as unknown as Record<string, (() => void) | undefined>)[name]?.(),
        );
        return canSignal ? expression : undefined;
      },
      errors: {
        on: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      done: () => this.log.push('done'),
    });
  }

  settle(name: string, event: 'load' | 'error' = 'load'): void {
    this.scripts.find(({ text }) => text === name)!.element.dispatchEvent(new Event(event));
  }

  /** The module's graph is evaluated. */
  start(name: string): void {
    this.#signals.get(name)!();
    vi.advanceTimersByTime(1);
  }

  /** An error reaches the window. */
  report(error: unknown): void {
    for (const listener of [...this.#listeners]) listener({ error } as ErrorEvent);
  }
}

/** In Node, errors have this property. */
const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');

beforeEach(() => {
  vi.useFakeTimers();
  delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  return () => {
    vi.useRealTimers();
    if (prepare !== undefined) Object.defineProperty(Error, 'prepareStackTrace', prepare);
  };
});

it('starts external scripts together', () => {
  const page = new Page(['a', 'b', 'inline', 'c']);
  expect(page.log).toEqual(['a', 'b']);
});

it('runs an inline module when all scripts before it have settled, in whatever order they do', () => {
  const page = new Page(['a', 'b', 'inline']);
  page.settle('b', 'error');
  expect(page.log).toEqual(['a', 'b']);
  page.settle('a');
  expect(page.log).toEqual(['a', 'b', 'load of a', 'error of b', 'inline']);
});

it('counts one script once', () => {
  const page = new Page(['a', 'b', 'inline']);
  page.settle('a');
  page.settle('a', 'error');
  expect(page.log).toEqual(['a', 'b', 'load of a']);
});

it('runs what follows an inline module when that has started', () => {
  const page = new Page(['inline 1', 'a', 'inline 2']);
  expect(page.log).toEqual(['inline 1']);
  page.start('inline 1');
  expect(page.log).toEqual(['inline 1', 'a']);
  page.settle('a');
  page.start('inline 2');
  expect(page.log).toEqual(['inline 1', 'a', 'load of a', 'inline 2', 'done']);
});

it('goes on when an inline module does not load', () => {
  const page = new Page(['inline 1', 'inline 2']);
  page.settle('inline 1', 'error');
  expect(page.log).toEqual(['inline 1', 'error of inline 1', 'inline 2']);
});

it.each(['', 'SyntaxError: Unexpected token'])('goes on when one does not parse or link (%j)', (stack) => {
  const page = new Page(['inline 1', 'inline 2']);
  page.report(Object.assign(new SyntaxError(), { stack }));
  // Not before the page's own listeners have seen the error.
  expect(page.log).toEqual(['inline 1']);
  vi.advanceTimersByTime(1);
  expect(page.log).toEqual(['inline 1', 'inline 2']);
});

it.each([
  Object.assign(new Error('elsewhere'), { stack: 'fail@https://host/a.mjs:1:2\n' }),
  Object.assign(new Error('elsewhere'), { stack: 'Error: elsewhere\n    at https://host/a.mjs:1:2' }),
  'a text',
  null,
])('does not take an error of other code for that (%#)', (error) => {
  const page = new Page(['inline 1', 'inline 2']);
  page.report(error);
  vi.advanceTimersByTime(1);
  expect(page.log).toEqual(['inline 1']);
});

it('takes a late start of one module for no other', () => {
  const page = new Page(['inline 1', 'inline 2', 'inline 3']);
  page.settle('inline 1', 'error');
  page.start('inline 1');
  expect(page.log).toEqual(['inline 1', 'error of inline 1', 'inline 2']);
});

it('does not wait for an inline module that cannot signal', () => {
  const page = new Page(['inline 1', 'a'], false);
  vi.advanceTimersByTime(1);
  expect(page.log).toEqual(['inline 1', 'a']);
});

it('goes on at last when nothing tells what became of an inline module', () => {
  const page = new Page(['inline 1', 'inline 2']);
  vi.advanceTimersByTime(9_999);
  expect(page.log).toEqual(['inline 1']);
  vi.advanceTimersByTime(1);
  expect(page.log).toEqual(['inline 1', 'inline 2']);
});

it('is done at once without scripts', () => {
  expect(new Page([]).log).toEqual(['done']);
});
