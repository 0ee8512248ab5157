import type { Io } from '../io.js';

/** A line on standard error that shows progress. Writes nothing unless standard output is a terminal. */
export class ProgressLine {
  readonly #io: Pick<Io, 'error' | 'tty'>;
  #shown = '';

  constructor(io: Pick<Io, 'error' | 'tty'>) {
    this.#io = io;
  }

  show(text: string): void {
    if (!this.#io.tty || text === this.#shown) return;
    this.#shown = text;
    this.#io.error(`\r${text}\u001b[K`);
  }

  /** Removes the line. Call it before writing anything else. */
  clear(): void {
    if (this.#shown === '') return;
    this.#shown = '';
    this.#io.error('\r\u001b[K');
  }
}
