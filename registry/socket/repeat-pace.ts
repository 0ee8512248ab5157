import { LIMITS } from '../../schema/index.js';
import type { Clock } from '../clock.js';

export interface RepeatLimits {
  /** Bytes of blobs that a client may get again at once. */
  readonly repeatBurstBytes: number;
  /** Bytes in a second that it gets again after that. */
  readonly repeatBytesPerSecond: number;
}

/** Small blobs cost as much as this. */
const LEAST_BYTES = 1024;

/** No answer waits longer: a page must not take its server for dead. */
const LONGEST_MS = 5000;

/** Slows a client down that asks for the same blobs again and again. A boot asks for each blob once. */
export class RepeatPace {
  readonly #clock: Clock;
  readonly #rate: number;
  #left: number;

  constructor(clock: Clock, limits: Partial<RepeatLimits> = {}) {
    this.#clock = clock;
    this.#left = limits.repeatBurstBytes ?? LIMITS.repeatBurstBytes;
    this.#rate = limits.repeatBytesPerSecond ?? LIMITS.repeatBytesPerSecond;
  }

  /** @param sizes of the blobs that are sent again, in bytes */
  async take(sizes: readonly number[]): Promise<void> {
    const bytes = sizes.reduce((sum, size) => sum + Math.max(size, LEAST_BYTES), 0);
    const over = Math.max(bytes - this.#left, 0);
    this.#left = Math.max(this.#left - bytes, 0);
    if (over === 0) return;
    const ms = Math.min((over / this.#rate) * 1000, LONGEST_MS);
    await new Promise<void>((resolve) => void this.#clock.after(ms, resolve));
  }
}
