import { ModcastError } from '../../schema/errors.js';
import type { Hello } from '../../schema/from-client.js';
import type { FromServer } from '../../schema/from-server.js';
import type { Hash, Hasher } from '../../schema/hash.js';
import type { Manifest, ManifestDelta } from '../../schema/manifest.js';
import { PROTOCOL_VERSION } from '../../schema/message.js';
import type { PackRecord } from '../../schema/pack.js';
import type { RegistryId } from '../../schema/registry-id.js';
import { SerialQueue } from '../../schema/serial-queue.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { CachedDeploy } from '../cache/cache.js';
import { Emitter } from '../events.js';
import { BlobTransfer, type WantedModules } from './blob-transfer.js';
import type { Connection } from './connection.js';
import type { ReceivedRecord } from '../cache/digests.js';
import { readFusion } from '../linking/read-fusion.js';
import { KnownManifests } from './known-manifests.js';

/** A deploy whose manifest is known here. */
export interface Release {
  readonly deploy: number;
  readonly hash: Hash;
  readonly manifest: Manifest;
  /** The newest fusion that is known. It may be of another manifest. Null without one. */
  readonly fusion: Hash | null;
}

export interface ChannelClientEvents {
  /** The server has sent a new head of the channel. */
  head: Release;
  /** Everything the server sent with a head has come; `records` are the blobs that were new here. */
  complete: { readonly release: Release; readonly records: readonly PackRecord[] };
  progress: { readonly received: number; readonly total: number };
  /** Bytes of verified blobs that have just come. */
  received: number;
  problem: ModcastError;
  /** The application's own message. */
  message: { readonly topic: string; readonly data: unknown };
}

export interface ChannelClientOptions {
  readonly connection: Pick<Connection, 'have' | 'fusion' | 'state' | 'on' | 'send' | 'want' | 'drop'>;
  readonly blobPool: BlobPool;
  readonly hasher: Hasher;
  /** The identity that the page carries; null where it has none. */
  readonly registry: RegistryId | null;
  /** Deploys in the cache, once it is open: one of them was named in the socket's URL as `have`. */
  readonly cached: Promise<readonly CachedDeploy[]>;
  readonly hello: () => Omit<Hello, 'type' | 'protocol'>;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Milliseconds without a frame of a pack after which `need` waits no longer. */
  readonly stall: number;
}

/** Milliseconds after the last update before the manifest that it made is hashed. */
const CHECK_MS = 1000;

/**
 * Follows a channel over the connection: its head, and the blobs that the server sends with it or on request.
 */
export class ChannelClient extends Emitter<ChannelClientEvents> {
  readonly #options: ChannelClientOptions;
  readonly #manifests: KnownManifests;
  readonly #blobs: BlobTransfer;
  readonly #queue = new SerialQueue();
  #welcome: { deploy: number; manifest: Hash; fusion: Hash | null } | undefined;
  #head: Release | undefined;
  #complete: Release | undefined;
  #isForeign = false;
  #cancelCheck = () => {};

  constructor(options: ChannelClientOptions) {
    super();
    this.#options = options;
    const { connection, cached, hasher } = options;
    this.#manifests = new KnownManifests(hasher, cached);
    this.#blobs = new BlobTransfer({
      ...options,
      isReady: () => this.#head !== undefined,
      onReceived: (bytes) => this.emit('received', bytes),
      onProgress: (progress) => this.emit('progress', progress),
    });
    connection.on('message', (message) => this.#inOrder(() => this.#message(message)));
    connection.on('frame', () => this.#blobs.progressed());
    connection.on('pack', ({ bytes }) => this.#blobs.packStarted(bytes));
    connection.on('records', (records) => {
      if (records.every(({ base }) => base === undefined)) return this.#receive(records);
      // The base of a delta may not have been read from the cache yet.
      this.#inOrder(async () => {
        await cached;
        this.#receive(await options.blobPool.whole(records));
      });
    });
    connection.on('packed', () =>
      this.#inOrder(() => {
        this.#blobs.packEnded();
        this.#completed();
      }),
    );
    connection.on('closed', () =>
      this.#inOrder(() => {
        this.#welcome = undefined;
        this.#blobs.connectionLost();
      }),
    );
  }

  get head(): Release | undefined {
    return this.#head;
  }

  /** Whether the server is another registry than the one that the page came from. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** The last release that has come whole. */
  get complete(): Release | undefined {
    return this.#complete;
  }

  /** Resolves when nothing more is on its way. */
  async idle(): Promise<void> {
    const { connection } = this.#options;
    for (;;) {
      await this.#queue.idle();
      if (connection.state !== 'open') return;
      if (this.#welcome !== undefined && !this.#blobs.isPending) return;
      await this.#blobs.change();
    }
  }

  /**
   * Brings blobs into the pool. Resolves when they have come, or when nothing more can be done: then some are
   * still missing from the pool.
   *
   * @param closure request what they import as well
   */
  need(hashes: Iterable<Hash>, closure: boolean): Promise<void> {
    return this.#blobs.need(hashes, closure);
  }

  /** The same for everything that modules reach. */
  needClosure(graph: WantedModules, urls: readonly string[]): Promise<void> {
    return this.#blobs.needClosure(graph, urls);
  }

  /** Adds blobs that came over HTTP: the server may send them once more, when they are no longer new. */
  addFetched(records: readonly PackRecord[]): void {
    this.#blobs.add(records);
  }

  /** The fusion comes first: it tells how to check the runs. */
  #receive(records: readonly ReceivedRecord[]): void {
    const { blobPool } = this.#options;
    const name = this.#head?.fusion;
    const at = records.findIndex(({ hash }) => hash === name);
    if (at === -1) return this.#blobs.receive(records);
    this.#blobs.receive(records.slice(0, at + 1));
    const fusion = readFusion(blobPool, name!);
    if (fusion !== undefined) blobPool.learn(fusion);
    this.#blobs.receive(records.slice(at + 1));
  }

  #inOrder(work: () => void | Promise<void>): void {
    void this.#queue.run(async () => {
      try {
        await work();
      } catch (error) {
        const problem =
          error instanceof ModcastError
            ? error
            : new ModcastError('message-invalid', String(error), { cause: error });
        this.emit('problem', problem);
        this.#options.connection.drop();
      }
    });
  }

  async #message(message: Exclude<FromServer, { type: 'pack' }>): Promise<void> {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message);
      case 'manifest': {
        if (this.#welcome === undefined)
          throw new ModcastError('message-unexpected', 'manifest before welcome');
        const { deploy, manifest: hash, fusion } = this.#welcome;
        const manifest = await this.#manifests.apply(message.base, message as unknown as ManifestDelta);
        if (manifest === null || !this.#manifests.matches(manifest, hash))
          return this.#baseLost(deploy, message.base);
        return this.#take({ deploy, hash, manifest, fusion });
      }
      case 'update': {
        this.#blobs.expectPack();
        const { deploy, manifest: hash, base } = message;
        const manifest = await this.#manifests.apply(base, message as unknown as ManifestDelta);
        if (manifest === null) return this.#baseLost(deploy, base);
        this.#take({ deploy, hash, manifest, fusion: message.fusion ?? this.#head?.fusion ?? null });
        this.#cancelCheck();
        this.#cancelCheck = this.#options.after(CHECK_MS, () => this.#inOrder(() => this.#check()));
        return;
      }
      case 'message':
        this.emit('message', message);
        return;
      case 'error':
        this.emit('problem', new ModcastError(message.code as ModcastError['code'], message.message));
        return;
      default:
        message satisfies never;
    }
  }

  async #welcomed(welcome: Extract<FromServer, { type: 'welcome' }>): Promise<void> {
    const { connection } = this.#options;
    const { deploy, manifest: hash, registry = null } = welcome;
    const fusion = welcome.fusion ?? connection.fusion;
    this.#welcome = { deploy, manifest: hash, fusion };
    const own = this.#options.registry;
    this.#isForeign = registry !== null && own !== null && registry !== own;
    // When the server knows that the client has all of it, neither a manifest nor a pack follows.
    if (connection.have !== hash || connection.fusion !== fusion) return this.#blobs.expectPack();
    const manifest = await this.#manifests.get(hash);
    if (manifest === null) return this.#restart(hash);
    this.#take({ deploy, hash, manifest, fusion });
    this.#completed();
  }

  /** The client cannot make the head's manifest of this base: it asks for another one. */
  #baseLost(deploy: number, base: Hash | null): void {
    // From the empty manifest it can be made in any case: the server is wrong.
    if (base === null) {
      throw new ModcastError('hash-mismatch', `deploy ${deploy}: the manifest is not what its hash says`);
    }
    this.#restart(base);
  }

  /**
   * Hashes the manifest that updates have made, after the page has taken them in: hashing takes longer than
   * all the rest of an update. That is early enough. An update names the manifest it changes by its hash,
   * that one was made here, and every blob is hashed before it runs. A mismatch means that the server's
   * difference is wrong: then the client requests the whole manifest, and the page takes in what changes.
   */
  #check(): void {
    if (this.#head === undefined || this.#manifests.matches(this.#head.manifest, this.#head.hash)) return;
    this.#manifests.forget();
    this.#complete = undefined;
    this.#restart(this.#head.hash);
  }

  /** The manifest that the server was told is here is missing or damaged: says hello again without it. */
  #restart(lost: Hash): void {
    const { connection, hello } = this.#options;
    const now = hello();
    this.#welcome = undefined;
    const have = now.have === lost ? {} : { have: now.have, fusion: now.fusion ?? null };
    const nothing = { have: null, fusion: null };
    connection.send({ type: 'hello', protocol: PROTOCOL_VERSION, ...now, ...nothing, ...have });
  }

  #take(release: Release): void {
    this.#head = release;
    this.#manifests.set(release.hash, release.manifest);
    this.emit('head', release);
    this.#blobs.notify();
  }

  #completed(): void {
    // The manifest of this pack may have been lost: its blobs are kept for the next one.
    if (this.#head === undefined) return;
    this.#complete = this.#head;
    this.emit('complete', { release: this.#head, records: this.#blobs.takeRecords() });
  }
}
