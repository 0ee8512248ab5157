import { encodeMessage, encodePackHeader, type Hash } from '../../schema/index.js';
import type { Shipment } from '../content/catalog.js';
import type { Bases, PackPlan, Packs } from '../content/packs.js';
import { debug } from '../debug.js';
import type { RepeatPace } from './repeat-pace.js';
import type { Sender } from './sender.js';
import type { Turns } from './turns.js';

/** A guess for blobs whose size is not known, used to cut a pack into segments. */
const UNKNOWN_SIZE = 4096;

/** About the bytes of a module in a manifest's message. */
const ROW_BYTES = 128;

export interface PackSenderOptions {
  readonly packs: Packs;
  readonly sender: Sender;
  readonly turns: Turns;
  readonly repeats: RepeatPace;
  /** Its number in the debug log. */
  readonly session: number;
}

/** Sends packs to one client and remembers the blobs in them. */
export class PackSender {
  readonly #packs: Packs;
  readonly #sender: Sender;
  readonly #turns: Turns;
  readonly #repeats: RepeatPace;
  readonly #session: number;
  readonly #sent = new Set<Hash>();
  #lastId = 0;

  constructor({ packs, sender, turns, repeats, session }: PackSenderOptions) {
    this.#packs = packs;
    this.#sender = sender;
    this.#turns = turns;
    this.#repeats = repeats;
    this.#session = session;
  }

  /** Whether a pack to this client held the blob. */
  hasSent(hash: Hash): boolean {
    return this.#sent.has(hash);
  }

  /** Makes the first segment of a shipment, so that sending it later does not wait. */
  async prepare(shipment: Shipment): Promise<void> {
    const [first = []] = this.#planOf(shipment).segments;
    await this.#packs.segment(first, shipment.bases);
  }

  /** Waits before a client that greets again gets its manifest again, and blobs that it was sent. */
  async delayRepeat({ delta, hashes, sizes }: Shipment): Promise<void> {
    await this.#turns.next();
    const again = hashes.filter((hash) => this.#sent.has(hash)).map((hash) => sizes.get(hash)!);
    await this.#repeats.take([...again, delta.set.length * ROW_BYTES]);
  }

  sendShipment(shipment: Shipment): Promise<void> {
    return this.#send(this.#planOf(shipment), shipment.bases);
  }

  /** Sends whole blobs, in this order: those that were sent before more slowly. */
  async sendBlobs(hashes: readonly Hash[], knownSize: (hash: Hash) => number | undefined): Promise<void> {
    const sizeOf = (hash: Hash) => knownSize(hash) ?? UNKNOWN_SIZE;
    await this.#repeats.take(hashes.filter((hash) => this.#sent.has(hash)).map(sizeOf));
    await this.#send(this.#packs.plan(hashes, sizeOf, hashes.length));
  }

  #planOf({ hashes, first, sizes }: Shipment): PackPlan {
    return this.#packs.plan(hashes, (hash) => sizes.get(hash)!, first);
  }

  async #send({ segments, count, bytes }: PackPlan, bases?: Bases): Promise<void> {
    const id = ++this.#lastId;
    debug.socket('%d sends pack %d: %d blobs of %d bytes', this.#session, id, count, bytes);
    this.#sender.send(encodeMessage({ type: 'pack', id, count, bytes }));
    for (const hash of segments.flat()) this.#sent.add(hash);
    const header = encodePackHeader(count);
    if (segments.length === 0) return this.#sender.stream(header);
    // Make the next segment while the last one is being sent.
    const make = (hashes: readonly Hash[]) => {
      const made = this.#packs.segment(hashes, bases);
      // Nothing waits for a segment whose client has left.
      made.catch(() => {});
      return made;
    };
    let next = make(segments[0]!);
    for (let i = 0; i < segments.length && this.#sender.isOpen; i++) {
      if (i > 0) await this.#turns.next();
      const segment = await next;
      const after = segments[i + 1];
      if (after !== undefined) next = make(after);
      // The header goes with the first segment: each frame wakes the page once.
      await this.#sender.stream(i === 0 ? Buffer.concat([header, segment]) : segment);
    }
  }
}
