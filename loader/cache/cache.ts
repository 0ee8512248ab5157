import type { Channel } from '../../schema/channel.js';
import type { Hash, Hasher } from '../../schema/hash.js';
import { manifestBytes, manifestFromJson, type Manifest } from '../../schema/manifest.js';
import type { PackRecord } from '../../schema/pack.js';
import type { RegistryId } from '../../schema/registry-id.js';
import { openDatabase, requested, write } from './database.js';
import { heldDeploys } from './held-deploys.js';
import { isIntact, readSegment, toSegment, toSegments, type CachedRecord, type Segment } from './segments.js';

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

/** In the store `deploys`: one row for each manifest of a channel, as a segment of its canonical JSON. */
interface DeployRow extends Row, Segment {
  readonly channel: Channel;
  readonly hash: Hash;
  readonly deploy: number;
  /** Not in rows of earlier versions. */
  readonly fusion?: Hash | null;
  readonly derived?: readonly Hash[];
}

/** In the store `segments`. */
interface SegmentRow extends Row, Segment {}

/** One for all registries of an origin, so that old ones can be evicted. */
export const DATABASE = 'modcast';

const STORES = ['deploys', 'segments'];

/** Deploys kept per channel: the running one, and the one before it for other tabs. */
const KEPT_DEPLOYS = 2;

/** Deploys kept in all, of every registry and channel of the origin. */
const KEPT_IN_ALL = 12;

/** With more segments than this, they are rewritten without the blobs that no kept deploy names. */
const MAX_SEGMENTS = 24;

/**
 * Deploys and blobs of one registry in this browser's IndexedDB. Nothing in it is trusted: a segment has a
 * digest, and the blob pool hashes blobs of a segment that does not match it before use.
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
      const deploy = await readDeploy(row, this.#hasher);
      if (deploy !== null) found.push(deploy);
    }
    return found.toReversed();
  }

  /** All blobs. Segments that cannot be read are skipped. */
  blobs(): Promise<CachedRecord[]> {
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
    const { manifest, ...named } = deploy;
    const record = { hash: deploy.hash, links: null, bytes: manifestBytes(manifest) };
    const row = { ...named, registry: this.#registry, ...(await toSegment([record])) };
    const segments = await toSegments(records);
    for (;;) {
      try {
        await write(this.#database, STORES, async (transaction) => {
          addSegments(transaction, this.#registry, segments);
          // Added again, so that it is the newest.
          deleteRows(transaction, 'deploys', (await allDeploys(transaction)).filter(isSame));
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
  async #evictOldest(stays: (row: DeployRow) => boolean): Promise<boolean> {
    const evicted = await write(this.#database, STORES, async (transaction) => {
      const oldest = (await allDeploys(transaction)).find((row) => !stays(row));
      if (oldest !== undefined) deleteRows(transaction, 'deploys', [oldest]);
      return oldest;
    });
    if (evicted !== undefined) await this.#rewriteSegments(evicted.registry);
    return evicted !== undefined;
  }

  /** Deletes old deploys that no tab runs, and blobs that only they name where there are many segments. */
  async #evict(channel: Channel, held: ReadonlySet<string | undefined>): Promise<void> {
    const isOwn = (row: Row) => row.registry === this.#registry;
    const changed = await write(this.#database, STORES, async (transaction) => {
      const rows = await allDeploys(transaction);
      const own = rows.filter((row) => isOwn(row) && row.channel === channel);
      const old = [...own.slice(0, -KEPT_DEPLOYS), ...rows.slice(0, -KEPT_IN_ALL)];
      const dropped = new Set(old.filter(({ hash }) => !held.has(hash)));
      deleteRows(transaction, 'deploys', [...dropped]);
      const count = await requested(byRegistry(transaction, 'segments').count(this.#registry));
      const others = [...dropped].filter((row) => !isOwn(row)).map(({ registry }) => registry);
      return new Set(count > MAX_SEGMENTS ? [this.#registry, ...others] : others);
    });
    for (const registry of changed) await this.#rewriteSegments(registry);
  }

  /**
   * Joins a registry's segments, without the blobs that no deploy names. Of two records of a blob the last
   * one counts. Does nothing where another tab writes at the same time.
   */
  async #rewriteSegments(registry: RegistryId): Promise<void> {
    const read = async (transaction: IDBTransaction) => ({
      deploys: await rowsOf<DeployRow>(transaction, 'deploys', registry),
      segments: await rowsOf<SegmentRow>(transaction, 'segments', registry),
    });
    const before = await read(this.#database.transaction(STORES));
    const named = new Set<Hash>();
    for (const row of before.deploys) {
      const deploy = await readDeploy(row, this.#hasher);
      for (const { hash } of deploy?.manifest.modules.values() ?? []) named.add(hash);
      for (const hash of deploy?.derived ?? []) named.add(hash);
    }
    const live = new Map<Hash, PackRecord>();
    for (const record of (await Promise.all(before.segments.map(readSegment))).flat()) {
      const isSound = record.verified === true || isIntact(record, this.#hasher);
      if (isSound && named.has(record.hash)) live.set(record.hash, record);
    }
    const joined = await toSegments(live.values());
    await write(this.#database, STORES, async (transaction) => {
      const { deploys, segments } = await read(transaction);
      if (lastOf(deploys) !== lastOf(before.deploys) || lastOf(segments) !== lastOf(before.segments)) return;
      deleteRows(transaction, 'segments', segments);
      addSegments(transaction, registry, joined);
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
  const deploys = await Promise.all(rows.map((row) => readDeploy(row, hasher)));
  return deploys.filter((deploy) => deploy !== null);
}

/** A registry's blobs. */
export async function storedBlobs(database: IDBDatabase, registry: RegistryId): Promise<CachedRecord[]> {
  const rows = await rowsOf<SegmentRow>(database.transaction('segments'), 'segments', registry);
  return (await Promise.all(rows.map(readSegment))).flat();
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

/** Keys only grow. */
const lastOf = (rows: readonly Row[]): number | undefined => rows.at(-1)?.order;

function deleteRows(transaction: IDBTransaction, store: string, rows: readonly Row[]): void {
  for (const { order } of rows) transaction.objectStore(store).delete(order);
}

function addSegments(transaction: IDBTransaction, registry: RegistryId, segments: Iterable<Segment>): void {
  for (const segment of segments) transaction.objectStore('segments').put({ registry, ...segment });
}

/** Null for a damaged row, or one of another version. */
async function readDeploy(row: DeployRow, hasher: Hasher): Promise<CachedDeploy | null> {
  const { channel, deploy, hash, fusion = null, derived = [] } = row;
  const [record] = await readSegment(row);
  if (record?.hash !== hash || !(record.verified === true || isIntact(record, hasher))) return null;
  try {
    const manifest = manifestFromJson(JSON.parse(new TextDecoder().decode(record.bytes)));
    return { channel, deploy, hash, manifest, fusion, derived };
  } catch {
    return null;
  }
}
