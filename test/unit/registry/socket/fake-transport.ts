import type { Transport } from '../../../../registry/socket/transport.js';
import { parseFromServer, type FromServer } from '../../../../schema/index.js';

/** Keeps what is sent. A test decides when the client reads it. */
export class FakeTransport implements Transport {
  readonly sent: (string | Uint8Array)[] = [];
  readonly closes: [code: number, reason: string][] = [];
  reading = true;
  readonly #held: (() => void)[] = [];
  #fail: Error | undefined;

  send(data: string | Uint8Array): Promise<void> {
    if (this.#fail !== undefined) return Promise.reject(this.#fail);
    this.sent.push(data);
    return this.reading ? Promise.resolve() : new Promise((resolve) => this.#held.push(resolve));
  }

  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
  }

  /** Lets the client read the oldest `count` unread pieces. */
  read(count = Infinity): void {
    for (const resolve of this.#held.splice(0, count)) resolve();
  }

  /** From now on every send fails. */
  break(): void {
    this.#fail = new Error('EPIPE');
  }

  get messages(): FromServer[] {
    return this.sent.filter((data) => typeof data === 'string').map((data) => parseFromServer(data));
  }

  types(): string[] {
    return this.messages.map(({ type }) => type);
  }

  get frames(): Uint8Array[] {
    return this.sent.filter((data) => typeof data !== 'string');
  }
}
