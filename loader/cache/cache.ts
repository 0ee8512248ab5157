import { batchesByBytes } from '../../schema/batches.js';
import type { Channel } from '../../schema/channel.js';
import type { Hash, Hasher } from '../../schema/hash.js';
import {
  manifestBytes,
  manifestFromJson,
  manifestToJson,
  type Manifest,
  type ManifestJson,
} from '../../schema/manifest.js';
import { decodeRecords, encodeRecords, type PackRecord } from '../../schema/pack.js';
import { openDatabase, requested, write } from './database.js';

/** A deploy that can be booted without a network. */
export interface CachedDeploy {
  readonly channel: Channel;
  readonly deploy: number;
  readonly hash: Hash;
  readonly manifest: Manifest;
}

/** In the store `deploys`, by channel and hash. */
interface DeployRow {
  readonly channel: Channel;
  readonly hash: Hash;
  readonly deploy: number;
  /** When it was stored, milliseconds since 1970. */
  readonly time: number;
  readonly manifest: ManifestJson;
}

/**
 * In the store `segments`: many blobs in one row, which is ten times as fast as a row for each of a thousand.
 */
interface SegmentRow {
  readonly count: number;
  readonly body: Uint8Array;
}

const STORES = ['deploys', 'segments'];

/** Deploys kept per channel: the running one, and the one before it for other tabs. */
const KEPT_DEPLOYS = 2;

/** With more segments than this, they are rewritten without the blobs that no kept deploy names. */
const MAX_SEGMENTS = 24;

/** Bytes of blobs in one segment. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * Deploys and blobs in this browser's IndexedDB. Nothing in it is trusted: the blob pool hashes each blob
 * before use.
 */
export class Cache {
  readonly #database: IDBDatabase;
  readonly #hasher: Hasher;

  private constructor(database: IDBDatabase, hasher: Hasher) {
    this.#database = database;
    this.#hasher = hasher;
  }

  static async open(name: string, hasher: Hasher): Promise<Cache> {
    const database = await openDatabase(name, (created) => {
      created.createObjectStore('deploys', { keyPath: ['channel', 'hash'] });
      created.createObjectStore('segments', { autoIncrement: true });
    });
    return new Cache(database, hasher);
  }

  /** The channel's deploy that was stored last. */
  async newest(channel: Channel): Promise<CachedDeploy | null> {
    const range = IDBKeyRange.bound([channel], [channel, []]);
    const rows = await requested<DeployRow[]>(
      this.#database.transaction('deploys').objectStore('deploys').getAll(range),
    );
    for (const { deploy, hash, manifest: json } of rows.toSorted((a, b) => b.time - a.time)) {
      // A damaged row, or one of another version, is skipped.
      const manifest = readManifest(json);
      if (manifest !== null && this.#hasher(manifestBytes(manifest)) === hash) {
        return { channel, deploy, hash, manifest };
      }
    }
    return null;
  }

  /** All blobs, not verified. Damaged segments are skipped. */
  async blobs(): Promise<PackRecord[]> {
    const segments = this.#database.transaction('segments').objectStore('segments');
    return (await requested<SegmentRow[]>(segments.getAll())).flatMap(readSegment);
  }

  /**
   * Stores a deploy and the blobs that complete it in one transaction. When space runs out, evicts the oldest
   * deploys.
   *
   * @param now milliseconds since 1970
   * @throws DOMException when it does not fit even then
   */
  async put(records: readonly PackRecord[], deploy: CachedDeploy, now: number): Promise<void> {
    for (;;) {
      try {
        await write(this.#database, STORES, (transaction) => {
          addSegments(transaction, records);
          const row: DeployRow = { ...deploy, time: now, manifest: manifestToJson(deploy.manifest) };
          transaction.objectStore('deploys').put(row);
        });
        break;
      } catch (error) {
        if (!(await this.#evictOldest(deploy))) throw error;
      }
    }
    await this.#evict(deploy.channel);
  }

  /** @returns false when there is no deploy but this one */
  #evictOldest(kept: CachedDeploy): Promise<boolean> {
    return write(this.#database, STORES, async (transaction) => {
      const [oldest] = (await deployRows(transaction)).filter(
        (row) => row.hash !== kept.hash || row.channel !== kept.channel,
      );
      if (oldest === undefined) return false;
      deleteDeploys(transaction, [oldest]);
      await rewriteSegments(transaction);
      return true;
    });
  }

  /** Deletes a channel's old deploys, and the blobs that only they name when there are many segments. */
  #evict(channel: Channel): Promise<void> {
    return write(this.#database, STORES, async (transaction) => {
      const rows = (await deployRows(transaction)).filter((row) => row.channel === channel);
      deleteDeploys(transaction, rows.slice(0, -KEPT_DEPLOYS));
      const count = await requested(transaction.objectStore('segments').count());
      if (count > MAX_SEGMENTS) await rewriteSegments(transaction);
    });
  }
}

/** Oldest first. */
async function deployRows(transaction: IDBTransaction): Promise<DeployRow[]> {
  const rows = await requested<DeployRow[]>(transaction.objectStore('deploys').getAll());
  return rows.toSorted((a, b) => a.time - b.time);
}

function deleteDeploys(transaction: IDBTransaction, rows: readonly DeployRow[]): void {
  for (const { channel, hash } of rows) transaction.objectStore('deploys').delete([channel, hash]);
}

function addSegments(transaction: IDBTransaction, records: Iterable<PackRecord>): void {
  for (const batch of batchesByBytes(records, ({ bytes }) => bytes.length, SEGMENT_BYTES)) {
    const row: SegmentRow = { count: batch.length, body: encodeRecords(batch) };
    transaction.objectStore('segments').put(row);
  }
}

/**
 * Joins the segments, without the blobs that no deploy names. Of two records of a blob the last one counts.
 */
async function rewriteSegments(transaction: IDBTransaction): Promise<void> {
  const named = new Set<Hash>();
  for (const row of await deployRows(transaction)) {
    for (const { hash } of readManifest(row.manifest)?.modules.values() ?? []) named.add(hash);
  }
  const segments = transaction.objectStore('segments');
  const live = new Map<Hash, PackRecord>();
  for (const record of (await requested<SegmentRow[]>(segments.getAll())).flatMap(readSegment)) {
    if (named.has(record.hash)) live.set(record.hash, record);
  }
  segments.clear();
  addSegments(transaction, live.values());
}

/** Null for anything that is not a manifest. */
function readManifest(json: unknown): Manifest | null {
  try {
    return manifestFromJson(json);
  } catch {
    return null;
  }
}

/** Empty for anything that is not a segment. */
function readSegment(row: SegmentRow): PackRecord[] {
  try {
    return decodeRecords(row.body, row.count);
  } catch {
    return [];
  }
}
