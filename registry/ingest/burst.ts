import type { Clock } from '../clock.js';

/** A burst has ended when no event has come for this long… */
const QUIET_MS = 25;
/** …a file that is alone sooner: other files would have shown by then… */
export const ALONE_MS = 1;
/** …or when it has gone on for this long: a generator that never rests is seen too. */
const LONGEST_MS = 2000;
/** The watcher drops a file's second change within 50 ms: the paths are reported once more after this. */
const AGAIN_MS = 100;
/** The watcher ignores some events: it is waited for at most this long. */
const PENDING_MS = 500;

/**
 * A reported path that the watcher does not tell about counts as touched after this: it ignores a rewrite
 * that keeps the time stamp.
 */
const UNTOLD_MS = 1000;

/** A timer that is later than this shows that the machine is busy: then the writer waits for its turn too. */
const ON_TIME_MS = 2;
/** On a busy machine it has to be quiet for so many times the delay of the timer… */
const BUSY_FACTOR = 4;
/** …but for no longer than this. */
const BUSY_QUIET_MS = 300;

export interface BurstOptions {
  readonly clock: Clock;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Whether the watcher will find something for a reported path: not where a file came and went. */
  readonly isExpected: (path: string) => boolean;
  /** Whether a file seems to be complete: editors truncate a file before they write it. */
  readonly isComplete: (path: string) => boolean;
  /** The paths of one burst; and of the bursts of a while once more. */
  readonly onEnd: (paths: readonly string[]) => void;
}

/** Collects paths that change together, as in a branch checkout, and decides when they are complete. */
export class Burst {
  readonly #options: BurstOptions;
  #touched = new Set<string>();
  /** Those of the bursts that ended a moment ago. */
  #ended = new Set<string>();
  /** Reported paths that the watcher has not looked at yet, with the time of the report. */
  readonly #pending = new Map<string, number>();
  /** When anything was last reported. */
  #last = 0;
  /** The longest delay of a timer in this burst. */
  #delay = 0;
  #quiet: { cancel(): void } | undefined;
  #longest: { cancel(): void } | undefined;
  #again: { cancel(): void } | undefined;
  #untold: { cancel(): void } | undefined;

  constructor(options: BurstOptions) {
    this.#options = options;
  }

  /** The file system has reported something, some milliseconds before the watcher knows what has changed. */
  report(path?: string): void {
    this.#last = this.#options.now();
    if (path === undefined) return;
    this.#pending.set(path, this.#last);
    this.#untold ??= this.#options.clock.after(UNTOLD_MS, () => {
      this.#untold = undefined;
      for (const name of this.#unconfirmed()) this.touch(name);
    });
  }

  /** The watcher has looked at a path, and no file has changed there. */
  dismiss(path: string): void {
    this.#pending.delete(path);
  }

  /** The watcher has found that a file has changed. */
  touch(path: string): void {
    this.#pending.delete(path);
    this.#touched.add(path);
    this.#longest ??= this.#options.clock.after(LONGEST_MS, () => this.#end());
    this.#wait(this.#isAlone() ? ALONE_MS : QUIET_MS);
  }

  close(): void {
    this.#quiet?.cancel();
    this.#longest?.cancel();
    this.#again?.cancel();
    this.#untold?.cancel();
  }

  /** Reported paths that the watcher has not told about. */
  #unconfirmed(): string[] {
    const isNew = (path: string) => !this.#touched.has(path) && !this.#ended.has(path);
    return [...this.#pending.keys()].filter((path) => isNew(path) && this.#options.isExpected(path));
  }

  /** Nothing has been reported for `ms` when `rest` milliseconds from now pass without a report. */
  #wait(ms: number, rest = ms): void {
    const { clock, now } = this.#options;
    const due = now() + rest;
    this.#quiet?.cancel();
    this.#quiet = clock.after(rest, () => {
      // A timer runs before the events that came meanwhile, an immediate after them.
      const immediate = setImmediate(() => {
        this.#delay = Math.max(this.#delay, now() - due);
        this.#check(ms);
      });
      this.#quiet = { cancel: () => clearImmediate(immediate) };
    });
  }

  #check(ms: number): void {
    const [path = ''] = this.#touched;
    const isAlone = ms < QUIET_MS && this.#isAlone() && this.#options.isComplete(path);
    const busy = this.#delay > ON_TIME_MS ? Math.min(this.#delay * BUSY_FACTOR, BUSY_QUIET_MS) : 0;
    const quiet = Math.max(isAlone ? ALONE_MS : QUIET_MS, busy);
    const left = quiet - (this.#options.now() - this.#last);
    if (left > 0) this.#wait(isAlone ? ms : QUIET_MS, left);
    else if (this.#isPending()) this.#wait(QUIET_MS);
    else this.#end();
  }

  /** A file that changes soon after another one belongs to what that one began. */
  #isAlone(): boolean {
    if (this.#touched.size !== 1) return false;
    const [path = ''] = this.#touched;
    return this.#ended.size === (this.#ended.has(path) ? 1 : 0) && !this.#isPending();
  }

  /** Whether the watcher has yet to look at another path. */
  #isPending(): boolean {
    const { now, isExpected } = this.#options;
    for (const [path, time] of this.#pending) {
      if (this.#touched.has(path) || this.#ended.has(path)) continue;
      if (now() - time < PENDING_MS && isExpected(path)) return true;
    }
    return false;
  }

  #end(): void {
    const { clock, onEnd } = this.#options;
    this.#quiet?.cancel();
    this.#longest?.cancel();
    this.#quiet = this.#longest = undefined;
    const paths = new Set([...this.#touched, ...this.#unconfirmed()]);
    this.#touched = new Set();
    this.#pending.clear();
    this.#delay = 0;
    for (const path of paths) this.#ended.add(path);
    onEnd([...paths]);
    this.#again?.cancel();
    this.#again = clock.after(AGAIN_MS, () => {
      const ended = this.#ended;
      this.#ended = new Set();
      onEnd([...ended]);
    });
  }
}
