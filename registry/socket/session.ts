import {
  LIMITS,
  ModcastError,
  PROTOCOL_VERSION,
  encodeMessage,
  encodePackHeader,
  parseFromClient,
  type BootSource,
  type Channel,
  type FromServer,
  type Hash,
  type Hello,
  type Manifest,
} from '../../schema/index.js';
import type { Catalog, Head, Shipment } from '../content/catalog.js';
import type { Bases, PackPlan, Packs } from '../content/packs.js';
import type { Clock } from '../clock.js';
import type { Store } from '../store/store.js';

/** The connection under a session; a test hands in its own. */
export interface Transport {
  /** Resolves once the data has left for the network, in the order of the calls. */
  send(data: string | Uint8Array): Promise<void>;
  close(code: number, reason: string): void;
}

export interface BootReport {
  readonly deploy: number | null;
  readonly from: BootSource;
  /** From navigation to the entries' last statement. */
  readonly ms: number;
  /** Sent to this client over the socket so far. */
  readonly bytes: number;
}

export interface SessionEvents {
  booted(report: BootReport): void;
  failed(report: { deploy: number | null; stage: string; message: string }): void;
  /** The application's own message from a page. */
  message(topic: string, data: unknown): void;
  /** Something went wrong on our side; the client has been told. */
  error(error: unknown): void;
}

export interface SessionOptions {
  readonly catalog: Catalog;
  readonly packs: Packs;
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: SessionEvents;
  readonly limits?: Partial<SessionLimits>;
  /** What a client of the channel is told after each greeting, beside the deploy. */
  readonly news?: (channel: Channel) => readonly { readonly topic: string; readonly data: unknown }[];
}

export interface SessionLimits {
  readonly socketHighWater: number;
  readonly socketQueueBytes: number;
  readonly socketStallMs: number;
  /** `want`s, and `hello`s after the first, that may wait for their turn. */
  readonly wants: number;
}

/** WebSocket close codes, RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

/** A pack leaves in frames of this size at most, so that a slow reader of a large blob can be seen to read. */
const FRAME_BYTES = 256 * 1024;

/** Stands for a size that only the store knows, when a pack is cut into segments. */
const UNKNOWN_SIZE = 4096;

/**
 * One client's side of the protocol on the server: greets it with what it lacks, answers what it asks, and tells
 * it of new deploys. Bad input closes this connection and nothing else.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #limits: SessionLimits;
  #state: 'new' | 'open' | 'closed' = 'new';
  #hello: Hello | undefined;
  /** The release that the client has been told of last. */
  #told: Head | undefined;
  /** The manifest the client came with. */
  #base: Manifest | null = null;
  readonly #manifests = new Set<Hash>();
  /** Blobs that have been sent on this connection. */
  readonly #given = new Set<Hash>();
  /** Packs and what goes with them leave one after the other. */
  #queue: Promise<void> = Promise.resolve();
  #wants = 0;
  #packId = 0;
  /** What was handed to the transport and has not left yet: its bytes, and each by itself, oldest first. */
  #flying = 0;
  readonly #leaving: Promise<void>[] = [];
  #sent = 0;
  #updating = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#limits = {
      socketHighWater: LIMITS.socketHighWater,
      socketQueueBytes: LIMITS.socketQueueBytes,
      socketStallMs: LIMITS.socketStallMs,
      wants: 32,
      ...options.limits,
    };
  }

  get channel(): string | undefined {
    return this.#hello?.channel;
  }

  /** The manifests that the client was given or has shown to have: it may run any of them. */
  get manifests(): ReadonlySet<Hash> {
    return this.#manifests;
  }

  /** The deploy that the client said it runs, or was given. */
  get deploy(): number | null {
    return this.#hello?.deploy ?? this.#told?.deploy.number ?? null;
  }

  /** Begins with what the socket's URL said. */
  start(hello: Hello): Promise<void> {
    this.#state = 'open';
    return this.#guard(() => this.#greet(hello));
  }

  /** A text message of the client. Never rejects. */
  receive(data: string): Promise<void> {
    if (this.#state !== 'open') return Promise.resolve();
    return this.#guard(async () => {
      const message = parseFromClient(data);
      switch (message.type) {
        case 'hello':
          return this.#waiting(() => this.#greet(message));
        case 'want':
          return this.#waiting(() => this.#give(message.hashes, message.closure));
        case 'booted': {
          if (this.#hello !== undefined) this.#hello = { ...this.#hello, deploy: message.deploy };
          const { deploy, from, ms } = message;
          return this.#options.events.booted({ deploy, from, ms, bytes: this.#sent });
        }
        case 'failed':
          return this.#options.events.failed(message);
        case 'message':
          return this.#options.events.message(message.topic, message.data);
      }
    });
  }

  /** A binary frame of the client: there is none in the protocol. */
  receiveBinary(): void {
    this.#refuse(new ModcastError('message-unexpected', 'binary frames come from the server only'));
  }

  /** Tells the client of a new head. While one is on its way, later ones wait and only the last is told. */
  update(): Promise<void> {
    if (this.#state !== 'open' || this.#updating) return Promise.resolve();
    this.#updating = true;
    return this.#guard(() =>
      this.#enqueue(async () => {
        this.#updating = false;
        const from = this.#told;
        if (from === undefined || this.#hello === undefined) return;
        const to = await this.#options.catalog.head(from.deploy.channel);
        if (to === null || to.deploy.number === from.deploy.number) return;
        this.#tell(to);
        const have = { hash: from.deploy.manifest, manifest: from.manifest };
        const shipment = await this.#options.catalog.shipment(to, have, this.#hello.entries);
        const plan = this.#planOf(shipment);
        // Sent in one go: a page that is woken by the first message competes with whoever makes the rest.
        await this.#options.packs.segment(plan.segments[0] ?? [], shipment.bases);
        this.#send({
          type: 'update',
          deploy: to.deploy.number,
          manifest: to.deploy.manifest,
          base: have.hash,
          ...mutable(shipment.delta),
        });
        await this.#sendPack(plan, shipment.bases);
      }),
    );
  }

  /** The application's own message to this page. */
  message(topic: string, data: unknown): void {
    if (this.#state === 'open') this.#send({ type: 'message', topic, data });
  }

  /** The connection is gone. */
  closed(): void {
    this.#state = 'closed';
  }

  async #greet(hello: Hello): Promise<void> {
    await this.#enqueue(async () => {
      if (hello.protocol !== PROTOCOL_VERSION) {
        throw new ModcastError('protocol-version', `this server speaks protocol ${PROTOCOL_VERSION}`, {
          expected: PROTOCOL_VERSION,
          found: hello.protocol,
        });
      }
      const { catalog } = this.#options;
      const head = await catalog.head(hello.channel);
      if (head === null) {
        throw new ModcastError('channel-unknown', `no deploy on channel ${hello.channel}`, {
          expected: 'a channel with a deploy',
          found: hello.channel,
        });
      }
      this.#hello = hello;
      this.#tell(head);
      const { deploy } = head;
      this.#send({
        type: 'welcome',
        protocol: PROTOCOL_VERSION,
        deploy: deploy.number,
        manifest: deploy.manifest,
      });
      for (const { topic, data } of this.#options.news?.(hello.channel) ?? []) this.message(topic, data);
      if (hello.have === deploy.manifest) {
        this.#base = head.manifest;
        return;
      }
      const base = hello.have === null ? null : await catalog.manifestOf(hello.channel, hello.have);
      this.#base = base;
      if (base !== null) this.#manifests.add(hello.have!);
      const have = base === null ? null : { hash: hello.have!, manifest: base };
      const shipment = await catalog.shipment(head, have, hello.entries);
      this.#send({ type: 'manifest', base: have?.hash ?? null, ...mutable(shipment.delta) });
      await this.#sendPack(this.#planOf(shipment), shipment.bases);
    });
  }

  #tell(release: Head): void {
    this.#told = release;
    this.#manifests.add(release.deploy.manifest);
  }

  /** What makes us send much is answered one after the other, and only so many may wait for it. */
  async #waiting(work: () => Promise<void>): Promise<void> {
    if (this.#wants >= this.#limits.wants) {
      throw new ModcastError('message-unexpected', `more than ${this.#limits.wants} unanswered messages`, {
        expected: this.#limits.wants,
      });
    }
    this.#wants++;
    await work().finally(() => this.#wants--);
  }

  async #give(hashes: readonly Hash[], withClosure: boolean): Promise<void> {
    await this.#enqueue(async () => {
      // A session starts with a greeting, and whatever follows waits until that is over.
      const { channel } = this.#hello!;
      const { catalog, store } = this.#options;
      const asked = new Set(hashes);
      const order = new Set<Hash>();
      if (withClosure) {
        const { manifest } = this.#told!;
        const paths = [...manifest.modules]
          .filter(([, module]) => asked.has(module.hash))
          .map(([path]) => path);
        // What it has been sent, now or when it got the manifest it came with, it asks for by name if it must.
        const base = this.#base;
        const held = new Set(base === null ? [] : await catalog.reach(base, base.entries));
        for (const hash of await catalog.reach(manifest, paths)) {
          if (!held.has(hash) && !this.#given.has(hash)) order.add(hash);
        }
      }
      for (const hash of asked) order.add(hash);
      // A hash that no deploy of the channel names is none of this client's business: it gets no bytes.
      const visible = await store.visible(channel, [...order]);
      const wanted = [...order].filter((hash) => visible.has(hash) || asked.has(hash));
      const hidden = wanted.filter((hash) => !visible.has(hash));
      if (hidden.length > 0) {
        const message = `channel ${channel} has no blob ${hidden.slice(0, 3).join(', ')}`;
        this.#send({ type: 'error', code: 'blob-unknown', message });
      }
      const given = wanted.filter((hash) => visible.has(hash));
      await this.#sendPack(this.#plan(given, given.length, this.#told!));
    });
  }

  #planOf({ hashes, first, sizes }: Shipment): PackPlan {
    return this.#options.packs.plan(hashes, (hash) => sizes.get(hash)!, first);
  }

  #plan(hashes: readonly Hash[], first: number, release: Head): PackPlan {
    const sizes = new Map([...release.manifest.modules.values()].map((module) => [module.hash, module.size]));
    return this.#options.packs.plan(hashes, (hash) => sizes.get(hash) ?? UNKNOWN_SIZE, first);
  }

  async #sendPack(plan: PackPlan, bases?: Bases): Promise<void> {
    this.#send({ type: 'pack', id: ++this.#packId, count: plan.count, bytes: plan.bytes });
    for (const hash of plan.segments.flat()) this.#given.add(hash);
    const header = encodePackHeader(plan.count);
    if (plan.segments.length === 0) return this.#push(header);
    // The next segment is made while the last one is on its way.
    const make = (hashes: readonly Hash[]) => this.#options.packs.segment(hashes, bases);
    let next = make(plan.segments[0]!);
    for (let i = 0; i < plan.segments.length && this.#state === 'open'; i++) {
      const segment = await next;
      const after = plan.segments[i + 1];
      if (after !== undefined) {
        next = make(after);
        next.catch(() => {});
      }
      // A page is woken for each frame.
      await this.#push(i === 0 ? Buffer.concat([header, segment]) : segment);
    }
  }

  /** Sends and waits while more than the high-water mark is under way; a reader that stands still is let go. */
  async #push(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length && this.#state === 'open'; at += FRAME_BYTES) {
      this.#hand(data.subarray(at, at + FRAME_BYTES));
      while (this.#flying > this.#limits.socketHighWater) {
        const stalled = this.#options.clock.after(this.#limits.socketStallMs, () => this.#drop());
        await this.#leaving[0]!.finally(() => stalled.cancel());
      }
    }
  }

  #send(message: FromServer): void {
    if (this.#state !== 'open') return;
    // These do not wait, and whoever sends them may do so for ever.
    if (this.#flying > this.#limits.socketQueueBytes) this.#drop();
    else this.#hand(encodeMessage(message));
  }

  #hand(data: string | Uint8Array): void {
    this.#sent += data.length;
    this.#flying += data.length;
    const left = this.#options.transport
      .send(data)
      // Whatever could not be sent is the end of the connection.
      .catch(() => this.closed())
      .then(() => {
        this.#flying -= data.length;
        void this.#leaving.shift();
      });
    this.#leaving.push(left);
  }

  /** Lets a reader go that is too slow. */
  #drop(): void {
    if (this.#state !== 'open') return;
    this.closed();
    this.#options.transport.close(TRY_AGAIN_LATER, 'slow-client');
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    // What fails ends the connection, so nothing that waits behind it is to run.
    this.#queue = this.#queue.then(() => (this.#state === 'open' ? work() : undefined));
    return this.#queue;
  }

  async #guard(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#state !== 'open') return;
      if (error instanceof ModcastError) this.#refuse(error);
      else {
        this.#options.events.error(error);
        this.#options.transport.close(INTERNAL_ERROR, 'internal error');
        this.closed();
      }
    }
  }

  #refuse(error: ModcastError): void {
    if (this.#state !== 'open') return;
    this.#send({ type: 'error', code: error.code, message: error.message });
    this.#options.transport.close(POLICY_VIOLATION, error.code);
    this.closed();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** The messages' types, inferred from their schemas, know no `readonly`. */
const mutable = <T extends object>(value: T): Mutable<T> => value as Mutable<T>;
