import { LIMITS, ModcastError } from '../../schema/index.js';
import type { Clock } from '../clock.js';

export interface MessageRateLimits {
  readonly clientMessagesPerSecond: number;
  readonly clientBytesPerSecond: number;
  readonly clientReportsPerSecond: number;
}

type Counted = keyof MessageRateLimits;

const WINDOW_MS = 1000;

const WORDS: { readonly [name in Counted]: string } = {
  clientMessagesPerSecond: 'messages',
  clientBytesPerSecond: 'bytes',
  clientReportsPerSecond: 'reports of boots and failures',
};

/** Counts what one client sends in a second. It sets a timer only while the client sends. */
export class MessageRate {
  readonly #clock: Clock;
  readonly #limits: MessageRateLimits;
  readonly #onOver: (error: ModcastError) => void;
  #counts = new Map<Counted, number>();
  #window: { cancel(): void } | undefined;
  #isTold = false;

  /** @param onOver called for the first dropped message of a second */
  constructor(clock: Clock, onOver: (error: ModcastError) => void, limits: Partial<MessageRateLimits> = {}) {
    this.#clock = clock;
    this.#onOver = onOver;
    const { clientMessagesPerSecond, clientBytesPerSecond, clientReportsPerSecond } = LIMITS;
    this.#limits = { clientMessagesPerSecond, clientBytesPerSecond, clientReportsPerSecond, ...limits };
  }

  /**
   * Counts a message, or bytes of it.
   *
   * @returns false when it is over the limit and has to be dropped
   * @throws ModcastError `message-rate` at twice the limit
   */
  takes(counted: Counted, amount: number): boolean {
    this.#window ??= this.#clock.after(WINDOW_MS, () => this.#nextWindow());
    const count = (this.#counts.get(counted) ?? 0) + amount;
    this.#counts.set(counted, count);
    const limit = this.#limits[counted];
    if (count <= limit) return true;
    const message = `more than ${limit} ${WORDS[counted]} in a second; what is over that is dropped`;
    const error = new ModcastError('message-rate', message, { expected: limit });
    if (count > 2 * limit) throw error;
    if (!this.#isTold) this.#onOver(error);
    this.#isTold = true;
    return false;
  }

  /** The connection is gone. */
  close(): void {
    this.#window?.cancel();
  }

  #nextWindow(): void {
    this.#counts = new Map();
    this.#window = undefined;
    this.#isTold = false;
  }
}
