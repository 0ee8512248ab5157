import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
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

/** A deploy that can be booted without a network. */
export interface CachedDeploy {
  readonly channel: Channel;
  readonly deploy: number;
  readonly hash: Hash;
  readonly manifest: Manifest;
}

interface DeployRow {
  channel: Channel;
  hash: Hash;
  deploy: number;
  /** When it was stored, milliseconds since 1970. */
  time: number;
  manifest: ManifestJson;
}

/** Many blobs in one record: a thousand records cost ten times what their bytes in one do. */
interface SegmentRow {
  count: number;
  body: Uint8Array;
}

interface Schema extends DBSchema {
  deploys: { key: [Channel, Hash]; value: DeployRow };
  segments: { key: number; value: SegmentRow };
}

/** Deploys of a channel that are kept: the one that runs, and the one before it for the other tabs. */
const KEPT_DEPLOYS = 2;

/** Beyond so many segments they are written together anew, without the blobs that no kept deploy names. */
const MANY_SEGMENTS = 24;

/** Bytes of blobs in one segment. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * What this browser holds of the registry, in IndexedDB. It is a cache: every blob is hashed by whoever takes it
 * out, and whatever fails here costs a request, never a boot.
 */
export class Cache {
  readonly #db: IDBPDatabase<Schema>;
  readonly #hasher: Hasher;

  private constructor(db: IDBPDatabase<Schema>, hasher: Hasher) {
    this.#db = db;
    this.#hasher = hasher;
  }

  static async open(name: string, hasher: Hasher): Promise<Cache> {
    const db = await openDB<Schema>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('deploys', { keyPath: ['channel', 'hash'] });
        fresh.createObjectStore('segments', { autoIncrement: true });
      },
      // Another tab runs a newer loader: it may upgrade.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new Cache(db, hasher);
  }

  /** The newest deploy of a channel that was stored whole. */
  async newest(channel: Channel): Promise<CachedDeploy | null> {
    for (const { deploy, hash, manifest: json } of await this.#rows(channel)) {
      // Damaged, or another version's: the next one may do.
      const manifest = readManifest(json);
      if (manifest !== null && this.#hasher(manifestBytes(manifest)) === hash) {
        return { channel, deploy, hash, manifest };
      }
    }
    return null;
  }

  /** All blobs, unverified. Damaged segments are left out. */
  async blobs(): Promise<PackRecord[]> {
    return (await this.#db.getAll('segments')).flatMap(readSegment);
  }

  /**
   * Stores blobs and the deploy that they complete, in one transaction. When space runs out the oldest deploys
   * go first, and then this one is not stored: rejects.
   */
  async put(records: readonly PackRecord[], deploy: CachedDeploy, now: number): Promise<void> {
    for (;;) {
      try {
        await this.#write(records, deploy, now);
        break;
      } catch (error) {
        if (!(await this.#dropOldest(deploy))) throw error;
      }
    }
    await this.#tidy(deploy.channel);
  }

  async #rows(channel: Channel): Promise<DeployRow[]> {
    const range = IDBKeyRange.bound([channel], [channel, []]);
    return (await this.#db.getAll('deploys', range)).toSorted((a, b) => b.time - a.time);
  }

  async #write(records: readonly PackRecord[], deploy: CachedDeploy, now: number): Promise<void> {
    // Relaxed: a cache that a power cut empties is still a cache, and a strict write waits for the disk.
    const write = this.#db.transaction(['deploys', 'segments'], 'readwrite', { durability: 'relaxed' });
    const segments = write.objectStore('segments');
    const puts: Promise<unknown>[] = cut(records).map((part) =>
      segments.put({ count: part.length, body: encodeRecords(part) }),
    );
    const { channel, hash, manifest } = deploy;
    puts.push(
      write.objectStore('deploys').put({
        channel,
        hash,
        deploy: deploy.deploy,
        time: now,
        manifest: manifestToJson(manifest),
      }),
    );
    await Promise.all([...puts, write.done]);
  }

  /** @returns false when there is nothing left that could go */
  async #dropOldest(keep: CachedDeploy): Promise<boolean> {
    const rows = (await this.#db.getAll('deploys')).toSorted((a, b) => a.time - b.time);
    const oldest = rows.find((row) => row.hash !== keep.hash || row.channel !== keep.channel);
    if (oldest === undefined) return false;
    await this.#db.delete('deploys', [oldest.channel, oldest.hash]);
    await this.#rewrite();
    return true;
  }

  async #tidy(channel: Channel): Promise<void> {
    const old = (await this.#rows(channel)).slice(KEPT_DEPLOYS);
    await Promise.all(old.map((row) => this.#db.delete('deploys', [row.channel, row.hash])));
    if ((await this.#db.count('segments')) > MANY_SEGMENTS) await this.#rewrite();
  }

  /** Writes the blobs that kept deploys name into few segments. */
  async #rewrite(): Promise<void> {
    const write = this.#db.transaction(['deploys', 'segments'], 'readwrite', { durability: 'relaxed' });
    const segments = write.objectStore('segments');
    const named = new Set<Hash>();
    for (const row of await write.objectStore('deploys').getAll()) {
      for (const { hash } of readManifest(row.manifest)?.modules.values() ?? []) named.add(hash);
    }
    const live = new Map<Hash, PackRecord>();
    for (const record of (await segments.getAll()).flatMap(readSegment)) {
      if (named.has(record.hash)) live.set(record.hash, record);
    }
    await segments.clear();
    const parts = cut([...live.values()]);
    await Promise.all(parts.map((part) => segments.put({ count: part.length, body: encodeRecords(part) })));
    await write.done;
  }
}

/** Null for what is no manifest. */
function readManifest(json: unknown): Manifest | null {
  try {
    return manifestFromJson(json);
  } catch {
    return null;
  }
}

/** Nothing of what is no segment. */
function readSegment(row: SegmentRow): PackRecord[] {
  try {
    return decodeRecords(row.body, row.count);
  } catch {
    return [];
  }
}

function cut(records: readonly PackRecord[]): PackRecord[][] {
  const parts: PackRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    if (bytes + record.bytes.length > SEGMENT_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(record);
    bytes += record.bytes.length;
  }
  return parts;
}
