import type { Io } from '../io.js';
import { ProgressLine } from './progress-line.js';

const CELLS = 24;

/** A progress bar with a label on standard error. Writes nothing unless standard output is a terminal. */
export class ProgressBar {
  readonly #io: Io;
  readonly #label: string;
  readonly #line: ProgressLine;

  constructor(io: Io, label: string) {
    this.#io = io;
    this.#label = label;
    this.#line = new ProgressLine(io);
  }

  /** @param part 0 to 1 */
  show(part: number, text: string): void {
    const { cyan, dim } = this.#io.colours;
    const full = Math.round(Math.min(1, Math.max(0, part)) * CELLS);
    this.#line.show(`  ${this.#label} ${cyan('█'.repeat(full))}${dim('░'.repeat(CELLS - full))} ${text}`);
  }

  /** Removes the bar. Call it before writing anything else. */
  clear(): void {
    this.#line.clear();
  }
}
