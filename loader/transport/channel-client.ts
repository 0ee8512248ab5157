import type { ModuleGraph } from '../../importmap/graph.js';
import { ModcastError } from '../../schema/errors.js';
import type { Hash, Hasher } from '../../schema/hash.js';
import { LIMITS } from '../../schema/limits.js';
import {
  applyDelta,
  EMPTY_MANIFEST,
  manifestBytes,
  type Manifest,
  type ManifestDelta,
} from '../../schema/manifest.js';
import type { Hello } from '../../schema/from-client.js';
import type { FromServer } from '../../schema/from-server.js';
import { PROTOCOL_VERSION } from '../../schema/message.js';
import type { PackRecord } from '../../schema/pack.js';
import type { CachedDeploy } from '../cache/cache.js';
import type { Connection } from './connection.js';
import type { BlobPool } from '../cache/blob-pool.js';
import { Emitter } from '../events.js';

/** A deploy whose manifest is known here. */
export interface Release {
  readonly deploy: number;
  readonly hash: Hash;
  readonly manifest: Manifest;
}

export interface ChannelClientEvents {
  /** The channel's head, as the server tells it. */
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
  readonly connection: Connection;
  readonly blobPool: BlobPool;
  readonly hasher: Hasher;
  /** The deploy that the socket's URL said we have, once the cache is open. */
  readonly cached: Promise<CachedDeploy | null>;
  readonly hello: () => Omit<Hello, 'type' | 'protocol'>;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Milliseconds without a byte after which the socket counts as lost. */
  readonly stall: number;
}

/** How often a blob is asked for: a second time when it came damaged. */
const ASKS = 2;

/** Milliseconds after the last update before the manifest that it made is hashed. */
const CHECK_MS = 1000;

/** The channel's head and its blobs, as far as the socket has brought them. */
export class ChannelClient extends Emitter<ChannelClientEvents> {
  readonly #options: ChannelClientOptions;
  readonly #asked = new Map<Hash, number>();
  /** Manifests that the server may base a difference on. */
  readonly #bases = new Map<Hash, Manifest>();
  #welcome: { deploy: number; manifest: Hash } | undefined;
  #head: Release | undefined;
  #complete: Release | undefined;
  #records: PackRecord[] = [];
  /** Packs that are under way or have been asked for. */
  #expected = 0;
  #progress = { received: 0, total: 0 };
  #queue: Promise<void> = Promise.resolve();
  #cancelCheck = () => {};
  readonly #wakers = new Set<() => void>();

  constructor(options: ChannelClientOptions) {
    super();
    this.#options = options;
    const { connection } = options;
    connection.on('message', (message) => this.#inOrder(() => this.#message(message)));
    connection.on('pack', ({ bytes }) => {
      this.#progress.total += bytes;
      this.emit('progress', this.#progress);
    });
    connection.on('records', (records) => {
      if (records.every(({ base }) => base === undefined)) return this.#receive(records);
      // What deltas are based on may still be on its way out of the cache.
      this.#inOrder(async () => {
        await options.cached;
        this.#receive(records);
      });
    });
    connection.on('packed', () => this.#inOrder(() => this.#packed()));
    connection.on('closed', () =>
      this.#inOrder(() => {
        this.#expected = 0;
        this.#welcome = undefined;
        this.#wake();
      }),
    );
  }

  get head(): Release | undefined {
    return this.#head;
  }

  /** The last release of which everything has come. */
  get complete(): Release | undefined {
    return this.#complete;
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#options.connection.state === 'open' && (this.#welcome === undefined || this.#expected > 0)) {
      await new Promise<void>((resolve) => this.#once(resolve));
    }
    await this.#queue;
  }

  /**
   * Brings blobs here. Returns when they have come, or when nothing more can be done about it: then some are
   * still missing from the blobPool.
   *
   * @param closure ask for what they import as well
   */
  async need(hashes: Iterable<Hash>, closure: boolean): Promise<void> {
    const { connection, blobPool, after, stall } = this.#options;
    const wanted = [...hashes];
    for (;;) {
      const missing = wanted.filter((hash) => !blobPool.has(hash));
      if (missing.length === 0) return;
      if (connection.state !== 'open' || this.#head === undefined) return;
      if (this.#expected === 0) {
        const hopeful = missing
          .filter((hash) => (this.#asked.get(hash) ?? 0) < ASKS)
          .slice(0, LIMITS.wantHashes);
        if (hopeful.length === 0 || !connection.want(hopeful, closure)) return;
        for (const hash of hopeful) this.#asked.set(hash, (this.#asked.get(hash) ?? 0) + 1);
        this.#expected++;
      }
      const outcome = await new Promise<'news' | 'stalled'>((resolve) => {
        const forget = this.#once(() => {
          cancel();
          resolve('news');
        });
        const cancel = after(stall, () => {
          forget();
          resolve('stalled');
        });
      });
      if (outcome === 'stalled') {
        connection.drop();
        return;
      }
    }
  }

  /** The same for all that modules reach by static imports, as far as it is known what these are. */
  async needClosure(graph: ModuleGraph, urls: readonly string[]): Promise<void> {
    for (;;) {
      const { missing } = graph.closure(urls);
      if (missing.size === 0) return;
      await this.need(missing, true);
      const { missing: still } = graph.closure(urls);
      if ([...missing].every((hash) => still.has(hash))) return;
    }
  }

  #receive(records: readonly PackRecord[]): void {
    const taken = this.#options.blobPool.addReceived(records);
    const bytes = taken.reduce((sum, record) => sum + record.bytes.length, 0);
    this.#progress.received += bytes;
    this.#records.push(...taken);
    this.emit('received', bytes);
    this.emit('progress', this.#progress);
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  #inOrder(work: () => void | Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      const problem =
        error instanceof ModcastError
          ? error
          : new ModcastError('message-invalid', String(error), { cause: error });
      this.emit('problem', problem);
      this.#options.connection.drop();
    });
  }

  async #message(message: Exclude<FromServer, { type: 'pack' }>): Promise<void> {
    switch (message.type) {
      case 'welcome': {
        this.#welcome = { deploy: message.deploy, manifest: message.manifest };
        // Nothing follows for whoever said to have it already.
        if (this.#options.connection.have !== message.manifest) {
          this.#expected++;
          return;
        }
        const known = await this.#base(message.manifest);
        if (known === null) this.#restart(message.manifest);
        else this.#take({ ...this.#welcome, manifest: known, hash: message.manifest }, false);
        return;
      }
      case 'manifest': {
        if (this.#welcome === undefined)
          throw new ModcastError('message-unexpected', 'manifest before welcome');
        const { deploy, manifest } = this.#welcome;
        const known = await this.#changed(message.base, message as unknown as ManifestDelta);
        if (known === null || !this.#matches(known, manifest)) return this.#lose(deploy, message.base);
        return this.#take({ deploy, hash: manifest, manifest: known }, true);
      }
      case 'update': {
        this.#expected++;
        const { deploy, manifest: hash, base } = message;
        const manifest = await this.#changed(base, message as unknown as ManifestDelta);
        if (manifest === null) return this.#lose(deploy, base);
        this.#take({ deploy, hash, manifest }, true);
        this.#cancelCheck();
        this.#cancelCheck = this.#options.after(CHECK_MS, () => this.#inOrder(() => this.#check()));
        return;
      }
      case 'message':
        this.emit('message', message);
        return;
      case 'error':
        this.emit('problem', new ModcastError(message.code as ModcastError['code'], message.message));
    }
  }

  /** Null when the manifest that a difference is based on is not here. */
  async #changed(base: Hash | null, delta: ManifestDelta): Promise<Manifest | null> {
    const from = base === null ? EMPTY_MANIFEST : await this.#base(base);
    return from === null ? null : applyDelta(from, delta);
  }

  #matches(manifest: Manifest, hash: Hash): boolean {
    return this.#options.hasher(manifestBytes(manifest)) === hash;
  }

  #lose(deploy: number, base: Hash | null): void {
    // Twice is the server's fault.
    if (base === null) {
      throw new ModcastError('hash-mismatch', `deploy ${deploy}: the manifest is not what its hash says`);
    }
    this.#restart(base);
  }

  /**
   * Hashes the manifest that updates have made. Not before the page takes them in, as that takes longer than all the
   * rest of an update. It is time enough: an update says by hash which manifest it changes, that one was made here,
   * and no blob runs that has not been hashed. What would be found here is a server that is wrong about its own
   * difference; then the manifest is taken anew, whole, and the page takes in what comes of that.
   */
  #check(): void {
    if (this.#head === undefined || this.#matches(this.#head.manifest, this.#head.hash)) return;
    this.#bases.clear();
    this.#complete = undefined;
    this.#restart(this.#head.hash);
  }

  /** What we said we had is gone, or is not what it was: starts anew with what there is, or with nothing. */
  #restart(lost: Hash): void {
    const { connection, hello } = this.#options;
    const now = hello();
    this.#welcome = undefined;
    const have = now.have === lost ? null : now.have;
    connection.send({ type: 'hello', protocol: PROTOCOL_VERSION, ...now, have });
  }

  #take(release: Release, packFollows: boolean): void {
    this.#head = release;
    this.#bases.clear();
    this.#bases.set(release.hash, release.manifest);
    this.emit('head', release);
    if (!packFollows) this.#completed();
    this.#wake();
  }

  async #base(hash: Hash): Promise<Manifest | null> {
    const known = this.#bases.get(hash);
    if (known !== undefined) return known;
    const cached = await this.#options.cached;
    return cached?.hash === hash ? cached.manifest : null;
  }

  #packed(): void {
    this.#expected = Math.max(0, this.#expected - 1);
    this.#completed();
    this.#wake();
  }

  #completed(): void {
    // A pack may belong to a manifest that had to be asked for anew: its blobs are kept for that one.
    if (this.#head === undefined) return;
    const records = this.#records;
    this.#records = [];
    this.#complete = this.#head;
    this.emit('complete', { release: this.#head, records });
  }

  /** @returns a function that takes the waker off again */
  #once(wake: () => void): () => void {
    const once = () => {
      this.#wakers.delete(once);
      wake();
    };
    this.#wakers.add(once);
    return () => this.#wakers.delete(once);
  }
}
