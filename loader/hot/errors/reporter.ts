import type { HotError } from '../api.js';

/**
 * Milliseconds that an error waits: the server may find the cause in the files meanwhile and describe it
 * better.
 */
const GRACE_MS = 300;

/** Errors that one page reports. */
const MAX_REPORTS = 50;

/**
 * Reports the errors that the page shows to the server, and so to the terminal. Each once while it is shown.
 */
export class ErrorReporter {
  readonly #after: (ms: number, callback: () => void) => () => void;
  readonly #send: (message: string) => void;
  readonly #reported = new Set<string>();
  #shown: ReadonlySet<string> = new Set();
  #left = MAX_REPORTS;

  /** @param send sends one line, followed by an excerpt where there is one */
  constructor(after: (ms: number, callback: () => void) => () => void, send: (message: string) => void) {
    this.#after = after;
    this.#send = send;
  }

  /** @param errors all that the page shows now, apart from the server's own problems */
  show(errors: readonly HotError[]): void {
    this.#shown = new Set(errors.map(textOf));
    // An error that comes back after it was fixed is reported again.
    for (const text of this.#reported) if (!this.#shown.has(text)) this.#reported.delete(text);
    for (const error of errors) {
      const text = textOf(error);
      if (this.#reported.has(text)) continue;
      this.#reported.add(text);
      this.#after(GRACE_MS, () => this.#shown.has(text) && this.#report(text));
    }
  }

  #report(text: string): void {
    if (this.#left-- > 0) this.#send(text);
  }
}

function textOf({ message, id, loc, frame }: HotError): string {
  const place = loc === undefined ? id : `${loc.file}:${loc.line}:${loc.column}`;
  const line = (place === undefined ? message : `${place} ${message}`).replaceAll('\n', ' ');
  return frame === undefined ? line : `${line}\n${frame}`;
}
