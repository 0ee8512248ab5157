import { correctError, type NaturalText } from './correct-error.js';
import { dispatch } from './native-document.js';
import { withNatives } from './natives.js';

/** What Chromium puts before the message of a script that does not parse when it is inserted. */
const INSERTION = /(^|SyntaxError: )Failed to execute 'insertBefore' on 'Node': /;

/** A URL with a line and a column. */
const PLACE = /(.*):(\d+):(\d+)$/s;

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
