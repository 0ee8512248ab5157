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
import type { RegistryId } from '../../schema/registry-id.js';
import { openDatabase, requested, write } from './database.js';
import { heldDeploys } from './held-deploys.js';

/** A deploy that can be booted without a network. */
export interface CachedDeploy {
  readonly channel: Channel;
  readonly deploy: number;
  readonly hash: Hash;
  readonly manifest: Manifest;
  /** Its fusion; null without one. */
  readonly fusion: Hash | null;
  /** The fusion, and the runs in it. */
  readonly derived: readonly Hash[];
}

/** What a row is stored with. */
interface Row {
  readonly registry: RegistryId;
  /** The key, which the database counts over all tabs: a clock may be set back. */
  readonly order: number;
}

/** In the store `deploys`: one row for each manifest of a channel. */
interface DeployRow extends Row {
  readonly channel: Channel;
  readonly hash: Hash;
  readonly deploy: number;
  readonly manifest: ManifestJson;
  /** Not in rows of earlier versions. */
  readonly fusion?: Hash | null;
  readonly derived?: readonly Hash[];
}

/**
 * In the store `segments`: many blobs in one row, which is ten times as fast as a row for each of a thousand.
 */
interface SegmentRow extends Row {
  readonly count: number;
  readonly body: Uint8Array;
}

/** One for all registries of an origin, so that old ones can be evicted. */
export const DATABASE = 'modcast';

const STORES = ['deploys', 'segments'];

/** Deploys kept per channel: the running one, and the one before it for other tabs. */
const KEPT_DEPLOYS = 2;

/** Deploys kept in all, of every registry and channel of the origin. */
const KEPT_IN_ALL = 12;

/** With more segments than this, they are rewritten without the blobs that no kept deploy names. */
const MAX_SEGMENTS = 24;

/** Bytes of blobs in one segment. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * Deploys and blobs of one registry in this browser's IndexedDB. Nothing in it is trusted: the blob pool
 * hashes each blob before use.
 */
export class Cache {
  readonly #database: IDBDatabase;
  readonly #registry: RegistryId;
  readonly #hasher: Hasher;

  private constructor(database: IDBDatabase, registry: RegistryId, hasher: Hasher) {
    this.#database = database;
    this.#registry = registry;
    this.#hasher = hasher;
  }

  /** @param old a database of version 0.1, which told no registries apart: it is deleted */
  static async open(registry: RegistryId, hasher: Hasher, old: string): Promise<Cache> {
    const database = await openCacheDatabase(old);
    return new Cache(database, registry, hasher);
  }

  /** The channel's deploy with the manifest `named`, if it is here, and the one that was stored last. */
  async deploys(channel: Channel, named?: Hash): Promise<CachedDeploy[]> {
    const rows = await this.#rows<DeployRow>(this.#database.transaction('deploys'), 'deploys');
    const found: CachedDeploy[] = [];
    for (const row of rows.toReversed()) {
      if (row.channel !== channel || (found.length > 0 && row.hash !== named)) continue;
      const deploy = readDeploy(row, this.#hasher);
      if (deploy !== null) found.push(deploy);
    }
    return found.toReversed();
  }

  /** All blobs, not verified. Damaged segments are skipped. */
  blobs(): Promise<PackRecord[]> {
    return storedBlobs(this.#database, this.#registry);
  }

  /**
   * Stores a deploy and the blobs that complete it in one transaction. When space runs out, evicts the oldest
   * deploys.
   *
   * @throws DOMException when it does not fit even then
   */
  async put(records: readonly PackRecord[], deploy: CachedDeploy): Promise<void> {
    const isSame = (row: DeployRow) =>
      row.registry === this.#registry && row.channel === deploy.channel && row.hash === deploy.hash;
    const held = await heldDeploys();
    for (;;) {
      try {
        await write(this.#database, STORES, async (transaction) => {
          addSegments(transaction, this.#registry, records);
          // Added again, so that it is the newest.
          deleteRows(transaction, 'deploys', (await allDeploys(transaction)).filter(isSame));
          const row = { ...deploy, registry: this.#registry, manifest: manifestToJson(deploy.manifest) };
          transaction.objectStore('deploys').put(row);
        });
        break;
      } catch (error) {
        if (!(await this.#evictOldest((row) => isSame(row) || held.has(row.hash)))) throw error;
      }
    }
    await this.#evict(deploy.channel, held);
  }

  /** @returns false when there is no deploy but those that stay */
  #evictOldest(stays: (row: DeployRow) => boolean): Promise<boolean> {
    return write(this.#database, STORES, async (transaction) => {
      const oldest = (await allDeploys(transaction)).find((row) => !stays(row));
      if (oldest === undefined) return false;
      deleteRows(transaction, 'deploys', [oldest]);
      await rewriteSegments(transaction, oldest.registry);
      return true;
    });
  }

  /** Deletes old deploys that no tab runs, and blobs that only they name where there are many segments. */
  #evict(channel: Channel, held: ReadonlySet<string | undefined>): Promise<void> {
    const isOwn = (row: Row) => row.registry === this.#registry;
    return write(this.#database, STORES, async (transaction) => {
      const rows = await allDeploys(transaction);
      const own = rows.filter((row) => isOwn(row) && row.channel === channel);
      const old = [...own.slice(0, -KEPT_DEPLOYS), ...rows.slice(0, -KEPT_IN_ALL)];
      const dropped = new Set(old.filter(({ hash }) => !held.has(hash)));
      deleteRows(transaction, 'deploys', [...dropped]);
      const count = await requested(byRegistry(transaction, 'segments').count(this.#registry));
      if (count > MAX_SEGMENTS) await rewriteSegments(transaction, this.#registry);
      const others = [...dropped].filter((row) => !isOwn(row)).map(({ registry }) => registry);
      for (const registry of new Set(others)) await rewriteSegments(transaction, registry);
    });
  }

  #rows<T extends Row>(transaction: IDBTransaction, store: string): Promise<T[]> {
    return rowsOf(transaction, store, this.#registry);
  }
}

const openCacheDatabase = (old: string): Promise<IDBDatabase> =>
  openDatabase(DATABASE, (created) => {
    indexedDB.deleteDatabase(old);
    for (const name of STORES) {
      const store = created.createObjectStore(name, { keyPath: 'order', autoIncrement: true });
      store.createIndex('registry', 'registry');
    }
  });

/** A registry's deploys of all channels, oldest first. */
export async function storedDeploys(
  database: IDBDatabase,
  registry: RegistryId,
  hasher: Hasher,
): Promise<CachedDeploy[]> {
  const rows = await rowsOf<DeployRow>(database.transaction('deploys'), 'deploys', registry);
  return rows.map((row) => readDeploy(row, hasher)).filter((deploy) => deploy !== null);
}

/** A registry's blobs, not verified. */
export async function storedBlobs(database: IDBDatabase, registry: RegistryId): Promise<PackRecord[]> {
  const rows = await rowsOf<SegmentRow>(database.transaction('segments'), 'segments', registry);
  return rows.flatMap(readSegment);
}

const byRegistry = (transaction: IDBTransaction, store: string): IDBIndex =>
  transaction.objectStore(store).index('registry');

/** Oldest first. */
const rowsOf = <T extends Row>(
  transaction: IDBTransaction,
  store: string,
  registry: RegistryId,
): Promise<T[]> => requested<T[]>(byRegistry(transaction, store).getAll(registry));

/** Of all registries, oldest first. */
const allDeploys = (transaction: IDBTransaction): Promise<DeployRow[]> =>
  requested<DeployRow[]>(transaction.objectStore('deploys').getAll());

function deleteRows(transaction: IDBTransaction, store: string, rows: readonly Row[]): void {
  for (const { order } of rows) transaction.objectStore(store).delete(order);
}

function addSegments(transaction: IDBTransaction, registry: RegistryId, records: Iterable<PackRecord>): void {
  for (const batch of batchesByBytes(records, ({ bytes }) => bytes.length, SEGMENT_BYTES)) {
    transaction.objectStore('segments').put({ registry, count: batch.length, body: encodeRecords(batch) });
  }
}

/**
 * Joins a registry's segments, without the blobs that no deploy names. Of two records of a blob the last one
 * counts.
 */
async function rewriteSegments(transaction: IDBTransaction, registry: RegistryId): Promise<void> {
  const named = new Set<Hash>();
  for (const row of await rowsOf<DeployRow>(transaction, 'deploys', registry)) {
    for (const { hash } of readManifest(row.manifest)?.modules.values() ?? []) named.add(hash);
    for (const hash of row.derived ?? []) named.add(hash);
  }
  const segments = await rowsOf<SegmentRow>(transaction, 'segments', registry);
  const live = new Map<Hash, PackRecord>();
  for (const record of segments.flatMap(readSegment)) {
    if (named.has(record.hash)) live.set(record.hash, record);
  }
  deleteRows(transaction, 'segments', segments);
  addSegments(transaction, registry, live.values());
}

/** Null for a damaged row, or one of another version. */
function readDeploy(
  { channel, deploy, hash, manifest: json, fusion = null, derived = [] }: DeployRow,
  hasher: Hasher,
): CachedDeploy | null {
  const manifest = readManifest(json);
  if (manifest === null || hasher(manifestBytes(manifest)) !== hash) return null;
  return { channel, deploy, hash, manifest, fusion, derived };
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
