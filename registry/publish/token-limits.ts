import { LIMITS, ModcastError, SerialQueue } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import { Allowance } from './allowance.js';
import { ByteGate } from './byte-gate.js';

/** The work of one token. */
interface TokenWork {
  readonly queue: SerialQueue;
  requests: number;
  readonly manifests: Allowance;
  readonly blobs: Allowance;
}

/**
 * Limits what one token can make the registry do, so that others can publish at the same time: its requests
 * run one after the other, and it has an allowance of manifests' bytes and of inflated bytes.
 */
export class TokenLimits {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #tokens = new Map<string, TokenWork>();
  readonly #inflating = new ByteGate(LIMITS.publishInflatingBytes);

  constructor(clock: Clock, now: () => number) {
    this.#clock = clock;
    this.#now = now;
  }

  /**
   * Runs a request of a token after its earlier ones.
   * @throws ModcastError `publish-busy`
   */
  async run<T>(token: string, work: () => Promise<T>): Promise<T> {
    const own = this.#of(token);
    if (own.requests >= LIMITS.publishRequestsOfToken) {
      const message = `${own.requests} requests with this token are unanswered; wait for their answers`;
      throw new ModcastError('publish-busy', message, { expected: LIMITS.publishRequestsOfToken });
    }
    own.requests++;
    return own.queue.run(work).finally(() => own.requests--);
  }

  /** @throws ModcastError `publish-busy` */
  takeManifest(token: string, bytes: number): void {
    const { manifests } = this.#of(token);
    const ms = manifests.waitFor(bytes, this.#now());
    if (ms > 0) {
      const message = `this token publishes too many large manifests; try again in ${Math.ceil(ms / 1000)} s`;
      throw new ModcastError('publish-busy', message, { expected: LIMITS.publishManifestBytesPerSecond });
    }
    manifests.take(bytes, this.#now());
  }

  /** Inflates bytes of a token when its allowance and the memory for all publishers suffice. */
  async inflate<T>(token: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const { blobs } = this.#of(token);
    const ms = blobs.waitFor(bytes, this.#now());
    blobs.take(bytes, this.#now());
    if (ms > 0) await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
    return this.#inflating.run(bytes, work);
  }

  /** Only valid tokens come here, so there are no more entries than tokens. */
  #of(token: string): TokenWork {
    let own = this.#tokens.get(token);
    if (own === undefined) {
      own = {
        queue: new SerialQueue(),
        requests: 0,
        manifests: new Allowance(LIMITS.publishManifestBurstBytes, LIMITS.publishManifestBytesPerSecond),
        blobs: new Allowance(LIMITS.publishBurstBytes, LIMITS.publishBytesPerSecond),
      };
      this.#tokens.set(token, own);
    }
    return own;
  }
}
