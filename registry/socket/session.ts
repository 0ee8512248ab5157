import {
  LIMITS,
  ModcastError,
  PROTOCOL_VERSION,
  SerialQueue,
  encodeMessage,
  parseFromClient,
  type FromServer,
  type Hash,
  type Hello,
  type Manifest,
} from '../../schema/index.js';
import type { Head, Held } from '../content/catalog.js';
import { debug } from '../debug.js';
import { headFor } from './head-for.js';
import { MessageRate } from './message-rate.js';
import { PackSender } from './pack-sender.js';
import { RepeatPace } from './repeat-pace.js';
import { Sender } from './sender.js';
import { SessionDeploys } from './session-deploys.js';
import { SessionFusion } from './session-fusion.js';
import type { SessionOptions } from './session-options.js';
import { sizesOf, wantedBlobs, type Wanted } from './wanted-blobs.js';

/** WebSocket close codes, RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** Numbers the sessions in the debug log. */
let lastId = 0;

/**
 * The server's side of the protocol for one client: sends what the client lacks, answers its messages, and
 * tells it of new deploys. Bad input closes this connection and nothing else.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #wants: number;
  readonly #sender: Sender;
  readonly #packs: PackSender;
  readonly #rate: MessageRate;
  readonly #id = ++lastId;
  #isStarted = false;
  #hello: Hello | undefined;
  /** The head that was sent to the client last. */
  #sentHead: Head | undefined;
  /** To be called when the page has booted. */
  #booted: (() => void) | undefined;
  readonly #fusion: SessionFusion;
  /** The manifest that the client had when it connected. */
  #base: Manifest | null = null;
  readonly #deploys: SessionDeploys;
  /** Greetings, updates and packs are sent one after the other. */
  readonly #queue = new SerialQueue();
  #unanswered = 0;
  #isUpdating = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { transport, clock, packs, turns, limits, fusions } = options;
    this.#fusion = new SessionFusion(fusions);
    this.#deploys = new SessionDeploys(options);
    const { socketHighWater, socketQueueBytes, socketStallMs } = LIMITS;
    this.#wants = limits?.wants ?? 32;
    this.#rate = new MessageRate(clock, (error) => this.#sendError(error), limits);
    this.#sender = new Sender({
      transport,
      clock,
      limits: { socketHighWater, socketQueueBytes, socketStallMs, ...limits },
    });
    const repeats = new RepeatPace(clock, limits);
    this.#packs = new PackSender({ packs, sender: this.#sender, turns, repeats, session: this.#id });
  }

  get channel(): string | undefined {
    return this.#hello?.channel;
  }

  /** The deploy that the client says it runs, or else the one it was sent. */
  get deploy(): number | null {
    return this.#hello?.deploy ?? this.#sentHead?.deploy.number ?? null;
  }

  /** Starts with the hello from the socket's URL. */
  start(hello: Hello): Promise<void> {
    this.#isStarted = true;
    const { channel, have, deploy } = hello;
    if (deploy === null) this.#booted = this.#options.fusions?.boots(channel);
    debug.socket('%d opens on %s: has manifest %s, runs deploy %s', this.#id, channel, have, deploy);
    return this.#greet(hello);
  }

  /** Handles a text message from the client. Never rejects. */
  receive(data: string): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    return this.#guard(async () => {
      if (!this.#rate.takes('clientMessagesPerSecond', 1)) return;
      if (!this.#rate.takes('clientBytesPerSecond', data.length)) return;
      const message = parseFromClient(data);
      const isReport = message.type === 'booted' || message.type === 'failed';
      if (isReport && !this.#rate.takes('clientReportsPerSecond', 1)) return;
      debug.socket('%d receives %s', this.#id, message.type);
      switch (message.type) {
        case 'hello':
          return this.#limited(() => this.#greet(message));
        case 'want':
          return this.#limited(() => this.#sendWanted(message));
        case 'booted': {
          if (this.#hello !== undefined) this.#hello = { ...this.#hello, deploy: message.deploy };
          const { deploy, from, ms, runs } = message;
          this.#booted?.();
          if (runs !== undefined) void this.#enqueue(() => this.#deploys.runs(this.#hello!.channel, runs));
          return this.#options.events.booted({ deploy, from, ms, bytes: this.#sender.sentBytes });
        }
        case 'failed':
          return this.#options.events.failed(message);
        case 'message':
          return this.#options.events.message(message.topic, message.data);
        default:
          message satisfies never;
      }
    });
  }

  /** Refuses a binary frame from the client: the protocol has none. */
  receiveBinary(): void {
    this.#refuse(new ModcastError('message-unexpected', 'binary frames come from the server only'));
  }

  /**
   * Sends the channel's new head. While an update is pending, further calls add nothing: it sends the newest.
   */
  update(): Promise<void> {
    if (!this.#isOpen || this.#isUpdating) return Promise.resolve();
    this.#isUpdating = true;
    return this.#enqueue(async () => {
      this.#isUpdating = false;
      await this.#sendUpdate();
    });
  }

  /** Sends an application's own message to this page. */
  message(topic: string, data: unknown): void {
    if (this.#isOpen) this.#send({ type: 'message', topic, data });
  }

  /** The connection is gone. */
  closed(): void {
    if (this.#isOpen) debug.socket('%d closed after %d bytes', this.#id, this.#sender.sentBytes);
    this.#sender.disconnected();
    this.#booted?.();
    this.#rate.close();
    this.#deploys.close();
  }

  get #isOpen(): boolean {
    return this.#isStarted && this.#sender.isOpen;
  }

  #greet(hello: Hello): Promise<void> {
    return this.#enqueue(async () => {
      const { catalog, identity: registry } = this.#options;
      const isFirst = this.#sentHead === undefined;
      const head = await headFor(hello, catalog);
      this.#hello = hello;
      this.#rememberHead(head);
      if (hello.runs !== undefined) await this.#deploys.runs(hello.channel, hello.runs);
      const { number: deploy, manifest } = head.deploy;
      const fused = await this.#fusion.for(head, hello, 'soon');
      const fusion = fused?.hash;
      this.#send({ type: 'welcome', protocol: PROTOCOL_VERSION, registry, deploy, manifest, fusion });
      for (const { topic, data } of this.#options.news?.(hello.channel) ?? []) this.message(topic, data);
      if (hello.have === manifest && (fused === null || hello.fusion === fusion)) {
        this.#base = head.manifest;
        this.#fusion.held = await this.#fusion.of(hello);
        return;
      }
      const have = hello.have === null ? null : await this.#manifestOf(hello);
      this.#base = have?.manifest ?? null;
      this.#fusion.held = fused;
      const shipped = this.#fusion.shipped(fused, head);
      const shipment = await catalog.shipment(head, have, hello.entries, shipped);
      if (!isFirst) await this.#packs.delayRepeat(shipment);
      const base = have?.isPublic === true ? have.hash : null;
      this.#send({ type: 'manifest', base, ...mutable(shipment.delta) });
      await this.#packs.sendShipment(shipment);
    });
  }

  /**
   * What a client says it has. If that is not public any more, it only spares the blobs that the client has:
   * a difference from it would tell what was in it.
   */
  async #manifestOf(hello: Hello): Promise<Held | null> {
    const { channel } = hello;
    const hash = hello.have!;
    const known = await this.#options.history.manifest(channel, hash);
    const manifest = known ?? (await this.#options.catalog.manifestOf(channel, hash));
    if (manifest === null) return null;
    return { hash, manifest, isPublic: known !== null, fusion: await this.#fusion.of(hello) };
  }

  async #sendUpdate(): Promise<void> {
    const { catalog } = this.#options;
    const from = this.#sentHead;
    if (from === undefined || this.#hello === undefined) return;
    const to = await catalog.head(from.deploy.channel);
    if (to === null || to.deploy.number === from.deploy.number) return;
    this.#rememberHead(to);
    const { number: deploy, manifest } = to.deploy;
    const isFollowed = this.#fusion.isFollowed(to.deploy.channel);
    const fused = isFollowed ? null : await this.#fusion.for(to, this.#hello, 'whole');
    const { held } = this.#fusion;
    const have = { hash: from.deploy.manifest, manifest: from.manifest, isPublic: true, fusion: held };
    if (!isFollowed) this.#fusion.held = fused;
    const shipped = this.#fusion.shipped(fused, to);
    const shipment = await catalog.shipment(to, have, this.#hello.entries, shipped);
    // Before the message: a page that it wakes up competes for the CPU.
    await this.#packs.prepare(shipment);
    const fusion = fused?.hash;
    this.#send({ type: 'update', deploy, manifest, base: have.hash, fusion, ...mutable(shipment.delta) });
    await this.#packs.sendShipment(shipment);
  }

  #rememberHead(head: Head): void {
    this.#sentHead = head;
    this.#deploys.sends(head.deploy.channel, head.deploy.number);
  }

  /** Limits how many messages that cause large answers may be unanswered. */
  async #limited(work: () => Promise<void>): Promise<void> {
    if (this.#unanswered >= this.#wants) {
      throw new ModcastError('message-unexpected', `more than ${this.#wants} unanswered messages`, {
        expected: this.#wants,
      });
    }
    this.#unanswered++;
    await work().finally(() => this.#unanswered--);
  }

  #sendWanted(wanted: Wanted): Promise<void> {
    return this.#enqueue(async () => {
      await this.#options.turns.next();
      // The greeting is the first work in the queue, so both are set.
      const { manifest } = this.#sentHead!;
      const { channel } = this.#hello!;
      const hasSent = (hash: Hash) => this.#packs.hasSent(hash);
      const client = { channel, manifest, base: this.#base, hasSent, fusion: this.#fusion.held };
      const { found, hidden } = await wantedBlobs(wanted, client, this.#options);
      if (hidden.length > 0) {
        const message = `channel ${channel} has no blob ${hidden.slice(0, 3).join(', ')}`;
        this.#sendError({ code: 'blob-unknown', message });
      }
      const sizes = sizesOf(manifest);
      await this.#packs.sendBlobs(found, (hash) => sizes.get(hash));
    });
  }

  #sendError({ code, message }: Pick<ModcastError, 'code' | 'message'>): void {
    this.#send({ type: 'error', code, message });
  }

  #send(message: FromServer): void {
    if (!this.#isOpen) return;
    const data = encodeMessage(message);
    debug.socket('%d sends %s, %d characters', this.#id, message.type, data.length);
    this.#sender.send(data);
  }

  /** Never rejects. A failure ends the connection before the next work starts. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    return this.#queue.run(() => (this.#isOpen ? this.#guard(work) : undefined));
  }

  async #guard(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#isOpen) return;
      if (error instanceof ModcastError) return this.#refuse(error);
      this.#options.events.error(error);
      this.#sender.close(INTERNAL_ERROR, 'internal error');
    }
  }

  #refuse(error: ModcastError): void {
    if (!this.#isOpen) return;
    debug.socket('%d refused: %s (%s)', this.#id, error.message, error.code);
    this.#sendError(error);
    this.#rate.close();
    this.#sender.close(POLICY_VIOLATION, error.code);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** The message types are inferred from their schemas, which have no `readonly`. */
const mutable = <T extends object>(value: T): Mutable<T> => value as Mutable<T>;
