import type { Clock } from '../clock.js';
import type { Transport } from './transport.js';

export interface SenderLimits {
  /** Unsent bytes above which `stream` waits. */
  readonly socketHighWater: number;
  /** Unsent bytes above which `send` disconnects the client. */
  readonly socketQueueBytes: number;
  /** Milliseconds without progress after which `stream` disconnects the client. */
  readonly socketStallMs: number;
}

export interface SenderOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: SenderLimits;
}

/** WebSocket close code, RFC 6455 section 7.4.1 and the IANA registry. */
const TRY_AGAIN_LATER = 1013;

/**
 * Larger data is sent in frames of this size. A page sees a frame when all of it has come, and small ones
 * show that a slow line is alive.
 */
const FRAME_BYTES = 32 * 1024;

/**
 * Sends to one client with flow control. It disconnects a client that stops reading, and sends nothing after
 * the connection has ended.
 */
export class Sender {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #limits: SenderLimits;
  #state: 'open' | 'closed' = 'open';
  #sentBytes = 0;
  #unsentBytes = 0;
  /** One promise for each unsent piece, oldest first. */
  readonly #unsent: Promise<void>[] = [];

  constructor({ transport, clock, limits }: SenderOptions) {
    this.#transport = transport;
    this.#clock = clock;
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Bytes handed to the transport so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Sends a message without waiting. Disconnects the client when too much is unsent. */
  send(message: string): void {
    if (!this.isOpen) return;
    if (this.#unsentBytes > this.#limits.socketQueueBytes) this.#disconnectSlowClient();
    else this.#write(message);
  }

  /** Sends data in frames, and waits while more than the high-water mark is unsent. Never rejects. */
  async stream(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length && this.isOpen; start += FRAME_BYTES) {
      this.#write(data.subarray(start, start + FRAME_BYTES));
      await this.#belowHighWater();
    }
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.disconnected();
    this.#transport.close(code, reason);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#state = 'closed';
  }

  async #belowHighWater(): Promise<void> {
    while (this.#unsentBytes > this.#limits.socketHighWater) {
      const stalled = this.#clock.after(this.#limits.socketStallMs, () => this.#disconnectSlowClient());
      await this.#unsent[0]!;
      stalled.cancel();
    }
  }

  #write(data: string | Uint8Array): void {
    this.#sentBytes += data.length;
    this.#unsentBytes += data.length;
    const left = this.#transport
      .send(data)
      // A failed send means that the connection is gone.
      .catch(() => this.disconnected())
      .then(() => {
        this.#unsentBytes -= data.length;
        void this.#unsent.shift();
      });
    this.#unsent.push(left);
  }

  #disconnectSlowClient(): void {
    this.close(TRY_AGAIN_LATER, 'slow-client');
  }
}
