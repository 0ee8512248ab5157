import type { Io } from '../io.js';

/** One line on standard error that says how far something is; only where there is a terminal. */
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

  /** Before anything else is written. */
  clear(): void {
    if (this.#shown === '') return;
    this.#shown = '';
    this.#io.error('\r\u001b[K');
  }
}
