import type { Closure } from '../../importmap/graph.js';
import type { Hash } from '../../schema/hash.js';
import { LIMITS } from '../../schema/limits.js';
import type { PackRecord } from '../../schema/pack.js';
import type { ReceivedRecord } from '../cache/digests.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { Connection } from './connection.js';

/** Modules that are to come. */
export interface WantedModules {
  /** What is missing of everything that the URLs reach, as far as that is known. */
  closure(urls: readonly string[]): Pick<Closure, 'missing'>;
}

export interface BlobTransferOptions {
  readonly connection: Pick<Connection, 'state' | 'want' | 'drop'>;
  readonly blobPool: Pick<BlobPool, 'has' | 'addReceived'>;
  /** Whether the channel's head is known: the server answers no `want` before. */
  readonly isReady: () => boolean;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Milliseconds without a frame after which `need` waits no longer. */
  readonly stall: number;
  /** Verified blobs have come: their bytes. */
  readonly onReceived: (bytes: number) => void;
  /** Bytes of blobs so far, and announced by the packs so far. */
  readonly onProgress: (progress: { readonly received: number; readonly total: number }) => void;
}

/** Milliseconds without a frame of a pack on its way after which the socket counts as lost. */
const LOST_MS = 10_000;

/** How often a blob is requested on a connection: a second time when it came damaged. */
const MAX_REQUESTS = 2;

/** Requests missing blobs, and takes in those that packs bring. */
export class BlobTransfer {
  readonly #options: BlobTransferOptions;
  readonly #requests = new Map<Hash, number>();
  readonly #progress = { received: 0, total: 0 };
  #records: PackRecord[] = [];
  /** Packs that were requested or announced and have not ended. */
  #pending = 0;
  readonly #waiters = new Set<() => void>();
  #cancelLost = () => {};
  /** Nothing has come since something was waited for in vain. */
  #isSilent = false;

  constructor(options: BlobTransferOptions) {
    this.#options = options;
  }

  get isPending(): boolean {
    return this.#pending > 0;
  }

  /** The server will send a pack. */
  expectPack(): void {
    this.#pending++;
    this.progressed();
  }

  /** @param bytes of the pack's blobs */
  packStarted(bytes: number): void {
    this.#progress.total += bytes;
    this.#options.onProgress(this.#progress);
    this.progressed();
  }

  /** A part of a pack has come, even if it completes no blob: a slow line is not a lost one. */
  progressed(): void {
    const { after, connection } = this.#options;
    this.#isSilent = false;
    this.#cancelLost();
    if (this.isPending) this.#cancelLost = after(LOST_MS, () => connection.drop());
    this.notify();
  }

  packEnded(): void {
    this.#pending = Math.max(0, this.#pending - 1);
    this.progressed();
  }

  connectionLost(): void {
    this.#pending = 0;
    // What was on its way has not come damaged.
    this.#requests.clear();
    this.progressed();
  }

  receive(records: readonly ReceivedRecord[]): void {
    const added = this.#options.blobPool.addReceived(records);
    const bytes = added.reduce((sum, record) => sum + record.bytes.length, 0);
    this.#progress.received += bytes;
    this.#records.push(...added);
    this.#options.onReceived(bytes);
    this.#options.onProgress(this.#progress);
    this.notify();
  }

  /** Adds blobs that came in another way. They are stored with what is received. */
  add(records: readonly PackRecord[]): void {
    this.#records.push(...this.#options.blobPool.addReceived(records));
  }

  /** The blobs received since the last call. */
  takeRecords(): PackRecord[] {
    return this.#records.splice(0);
  }

  /** Wakes everything that waits for a change. */
  notify(): void {
    for (const wake of [...this.#waiters]) wake();
    this.#waiters.clear();
  }

  /** Resolves at the next change: a part of a pack, a new head, a lost connection. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  /** See `ChannelClient.need`. */
  async need(hashes: Iterable<Hash>, closure: boolean): Promise<void> {
    const { connection, blobPool, isReady } = this.#options;
    const wanted = [...hashes];
    for (;;) {
      const missing = wanted.filter((hash) => !blobPool.has(hash));
      if (missing.length === 0 || connection.state !== 'open' || !isReady()) return;
      if (!this.isPending && !this.#request(missing, closure)) return;
      // What is missing then comes over HTTP. The rest of a slow pack may still come, for the cache.
      if (this.#isSilent || (await this.#stalls())) return;
    }
  }

  /** See `ChannelClient.needClosure`. */
  async needClosure(graph: WantedModules, urls: readonly string[]): Promise<void> {
    for (;;) {
      const { missing } = graph.closure(urls);
      if (missing.size === 0) return;
      await this.need(missing, true);
      const { missing: still } = graph.closure(urls);
      if ([...missing].every((hash) => still.has(hash))) return;
    }
  }

  /** @returns false when nothing is left to request */
  #request(missing: readonly Hash[], closure: boolean): boolean {
    const requests = (hash: Hash) => this.#requests.get(hash) ?? 0;
    const hashes = missing.filter((hash) => requests(hash) < MAX_REQUESTS).slice(0, LIMITS.wantHashes);
    if (hashes.length === 0 || !this.#options.connection.want(hashes, closure)) return false;
    for (const hash of hashes) this.#requests.set(hash, requests(hash) + 1);
    this.expectPack();
    return true;
  }

  /** Waits for the next change. True when none comes in time. */
  #stalls(): Promise<boolean> {
    const { after, stall } = this.#options;
    return new Promise((resolve) => {
      const cancel = after(stall, () => resolve((this.#isSilent = true)));
      void this.change().then(() => {
        cancel();
        resolve(false);
      });
    });
  }
}
