import type { Channel, Hello } from '../../schema/index.js';
import type { FusedShipment, Head } from '../content/catalog.js';
import type { SentFusion } from '../content/shipment.js';
import type { SessionOptions } from './session-options.js';

/** How the modules of one client's deploys are joined. */
export class SessionFusion {
  readonly #fusions: NonNullable<SessionOptions['fusions']> | null;
  /** The fusion that the client has; `unknown` for one that the server has forgotten. */
  held: SentFusion | 'unknown' | null = null;

  /** @param fusions null where modules are sent singly */
  constructor(fusions: SessionOptions['fusions']) {
    this.#fusions = fusions ?? null;
  }

  /** What the client says it has. */
  async of({ fusion }: Hello): Promise<SentFusion | 'unknown' | null> {
    if (fusion === undefined || fusion === null) return null;
    return (await this.#fusions?.byHash(fusion)) ?? 'unknown';
  }

  /** Null for a client that runs single modules, and while nothing of the head is joined. */
  async for(head: Head, { fusion }: Hello, when: 'soon' | 'whole'): Promise<SentFusion | null> {
    if (fusion === undefined || this.#fusions === null) return null;
    const found = await this.#fusions[when](head);
    return found?.fusion.runs.some(({ hash }) => hash !== null) === true ? found : null;
  }

  /** Whether the channel's pages follow a directory: they run what was saved as single modules. */
  isFollowed(channel: Channel): boolean {
    return this.#fusions?.needsMembers(channel) ?? true;
  }

  shipped(fusion: SentFusion | null, { deploy }: Head): FusedShipment {
    return { fusion, withMembers: this.isFollowed(deploy.channel) };
  }
}
