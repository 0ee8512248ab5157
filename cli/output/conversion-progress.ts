import { systemClock, type Clock } from '../../registry/clock.js';
import type { Io } from '../io.js';
import { count } from './format.js';
import { pathList } from './path-list.js';
import { ProgressLine } from './progress-line.js';

/** A conversion from CommonJS that takes fewer milliseconds is not shown. */
const SHOWN_AFTER_MS = 1000;

/** Columns for names, if the terminal's width is not known. */
const NAMES_WIDTH = 60;

/**
 * Shows that packages are being converted from CommonJS, if it takes long: a line that is removed at the end;
 * or one line on standard error where there is no terminal.
 */
export class ConversionProgress {
  readonly #io: Pick<Io, 'error' | 'tty'>;
  readonly #line: ProgressLine;
  readonly #clock: Clock;
  #names: readonly string[] = [];
  /** Undefined: nothing is being converted. */
  #timer: { cancel(): void } | undefined;
  #isLong = false;
  #isTold = false;

  constructor(io: Pick<Io, 'error' | 'tty'>, clock: Clock = systemClock) {
    this.#io = io;
    this.#line = new ProgressLine(io);
    this.#clock = clock;
  }

  /** @param names of packages that are being converted; none: it has ended */
  show(names: readonly string[]): void {
    this.#names = names;
    if (names.length === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#isLong = this.#isTold = false;
      this.#line.clear();
      return;
    }
    this.#timer ??= this.#clock.after(SHOWN_AFTER_MS, () => {
      this.#isLong = true;
      this.#write();
    });
    if (this.#isLong) this.#write();
  }

  #write(): void {
    const names = this.#names;
    const text = `converting ${count(names.length, 'package')} from CommonJS: ${pathList(names, NAMES_WIDTH)}`;
    if (this.#io.tty) this.#line.show(`  ${text}…`);
    else if (!this.#isTold) this.#io.error(`${text}\n`);
    this.#isTold = true;
  }
}
