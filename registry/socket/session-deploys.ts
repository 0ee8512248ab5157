import type { Channel, Hash } from '../../schema/index.js';
import type { SessionOptions } from './session-options.js';

/** Keeps the deploys of one client public until its connection ends. */
export class SessionDeploys {
  readonly #options: Pick<SessionOptions, 'inUse' | 'history' | 'recall'>;
  /** Ends the use of the first deploy that was sent, by channel. The client may run it or any later one. */
  readonly #sent = new Map<Channel, () => void>();
  /** The manifest that the client says it runs, and what ends the use of its deploy: one for each client. */
  #running: { readonly manifest: Hash; readonly release: () => void } | undefined;
  #isClosed = false;

  constructor(options: Pick<SessionOptions, 'inUse' | 'history' | 'recall'>) {
    this.#options = options;
  }

  /** The client is sent a head. */
  sends(channel: Channel, deploy: number): void {
    if (this.#isClosed || this.#sent.has(channel)) return;
    this.#sent.set(channel, this.#options.inUse.hold(channel, deploy));
  }

  /** The client says that it runs a deploy of its channel. */
  async runs(channel: Channel, manifest: Hash): Promise<void> {
    if (this.#running?.manifest === manifest) return;
    const held = await this.#options.history.hold(channel, manifest);
    if (held === null) return;
    const forget = await this.#options.recall?.(held.deploy);
    const release = () => {
      held.release();
      forget?.();
    };
    if (this.#isClosed) return release();
    this.#running?.release();
    this.#running = { manifest, release };
  }

  close(): void {
    this.#isClosed = true;
    for (const release of this.#sent.values()) release();
    this.#running?.release();
  }
}
