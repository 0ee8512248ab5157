import { isWebKit } from './engine.js';
import { dispatch } from './native-document.js';
import { withNatives } from './natives.js';
import { correctRunPlace } from './run-positions.js';

/** Puts natural URLs in place of those that modules run from, in a text of the browser's. */
export type NaturalText = (text: string) => string;

/** What Chromium puts before the message of a script that does not parse when it is inserted. */
const INSERTION = /(^|SyntaxError: )Failed to execute 'insertBefore' on 'Node': /;

/** A URL with a line and a column. */
const PLACE = /(.*):(\d+):(\d+)$/s;

const IN_RUN = /\/runs\/[\da-f]{64}\//;

/** Whether reading a stack may run a function of the page. */
export const isStackPrepared = (): boolean => 'prepareStackTrace' in Error;

/**
 * Makes an error name natural URLs. WebKit ignores `//# sourceURL` where it names the place of an error.
 * Other stacks contain the message.
 */
export function correctError(error: unknown, natural: NaturalText): void {
  if (!(error instanceof Error)) return;
  const texts = error as unknown as Record<string, unknown>;
  const correct = (name: string): boolean => {
    const text = texts[name];
    if (typeof text !== 'string') return false;
    const corrected = natural(text);
    // The page may have frozen it.
    return corrected !== text && Reflect.set(error, name, corrected);
  };
  const isChanged = correct('message');
  correctRunPlace(texts, natural);
  correct('fileName');
  correct('sourceURL');
  const isWrong = () => isChanged || IN_RUN.test(String(texts['stack']));
  if (isWebKit() || (!isStackPrepared() && isWrong())) correct('stack');
}

/**
 * Sees the window's errors before the page's own listeners. Engines name a module by the URL that it was
 * loaded from, so that the page gets an event with natural URLs instead.
 */
export class ErrorEvents {
  /** Undefined until modules run. */
  natural: NaturalText | undefined;
  #listeners: readonly ((event: ErrorEvent) => void)[] = [];

  constructor() {
    addEventListener(
      'error',
      (event) => {
        const corrected = withNatives(() => {
          if (event.target !== window || !event.isTrusted) return undefined;
          // One that is added meanwhile waits for another error.
          for (const listener of this.#listeners) listener(event);
          return this.#correct(event);
        });
        if (corrected !== undefined && !dispatch(window, corrected))
          withNatives(() => event.preventDefault());
      },
      true,
    );
    addEventListener(
      'unhandledrejection',
      ({ reason }) => withNatives(() => this.natural !== undefined && correctError(reason, this.natural)),
      true,
    );
  }

  /** @returns removes the listener */
  on(listener: (event: ErrorEvent) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () =>
      withNatives(() => void (this.#listeners = this.#listeners.filter((one) => one !== listener)));
  }

  /** The event that the page gets instead. */
  #correct(event: ErrorEvent): ErrorEvent | undefined {
    const { natural = (text) => text } = this;
    const { error } = event;
    const isSyntax = error instanceof SyntaxError;
    const withoutInsertion = (text: string) => natural(isSyntax ? text.replace(INSERTION, '$1') : text);
    const message = withoutInsertion(event.message);
    const [, filename, lineno, colno] = PLACE.exec(
      natural(`${event.filename}:${event.lineno}:${event.colno}`),
    ) as unknown as [string, string, number, number];
    correctError(error, withoutInsertion);
    if (message === event.message && filename === event.filename) return undefined;
    event.stopImmediatePropagation();
    return new ErrorEvent('error', { message, filename, lineno, colno, error, cancelable: true });
  }
}
