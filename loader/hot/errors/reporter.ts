import type { HotError } from '../api.js';

/** Milliseconds that an error waits: what the server finds out of files meanwhile says it better. */
const GRACE_MS = 300;

/** Errors that one page tells of: one that fails again and again is no news. */
const MOST = 50;

/** Tells the server, and so the terminal, what the page shows of its own errors: each once, for as long as it stands. */
export class ErrorReporter {
  readonly #after: (ms: number, callback: () => void) => () => void;
  readonly #send: (message: string) => void;
  readonly #told = new Set<string>();
  #standing: ReadonlySet<string> = new Set();
  #left = MOST;

  /** @param send takes a line, and below it an excerpt where there is one */
  constructor(after: (ms: number, callback: () => void) => () => void, send: (message: string) => void) {
    this.#after = after;
    this.#send = send;
  }

  /** All that the page shows now, apart from what the server has said. */
  show(errors: readonly HotError[]): void {
    this.#standing = new Set(errors.map(textOf));
    // What comes back after it was mended is told again.
    for (const text of this.#told) if (!this.#standing.has(text)) this.#told.delete(text);
    for (const error of errors) {
      const text = textOf(error);
      if (this.#told.has(text)) continue;
      this.#told.add(text);
      this.#after(GRACE_MS, () => this.#standing.has(text) && this.#tell(text));
    }
  }

  #tell(text: string): void {
    if (this.#left-- > 0) this.#send(text);
  }
}

function textOf({ message, id, loc, frame }: HotError): string {
  const place = loc === undefined ? id : `${loc.file}:${loc.line}:${loc.column}`;
  const line = (place === undefined ? message : `${place} ${message}`).replaceAll('\n', ' ');
  return frame === undefined ? line : `${line}\n${frame}`;
}
