import type { Channel } from '../../schema/channel.js';
import type { Hash } from '../../schema/hash.js';
import type { RegistryId } from '../../schema/registry-id.js';
import { openDatabase, requested } from './database.js';
import type { Segment } from './segments.js';

/** One for all registries of an origin, so that old ones can be evicted. */
export const DATABASE = 'modcast';

export type StoreName = 'deploys' | 'segments';

export const STORES: StoreName[] = ['deploys', 'segments'];

/** What a row is stored with. */
export interface Row {
  readonly registry: RegistryId;
  /** The key, which the database counts over all tabs: a clock may be set back. */
  readonly order: number;
}

/** In the store `deploys`: one row for each manifest of a channel, as a segment of its canonical JSON. */
export interface DeployRow extends Row, Segment {
  readonly channel: Channel;
  readonly hash: Hash;
  readonly deploy: number;
  /** Not in rows of earlier versions. */
  readonly fusion?: Hash | null;
  readonly derived?: readonly Hash[];
}

/** In the store `segments`. */
export interface SegmentRow extends Row, Segment {}

/** What the database holds of a registry: each list oldest first. */
export interface StoredRows {
  readonly database: IDBDatabase;
  readonly deploys: Promise<DeployRow[]>;
  readonly segments: Promise<SegmentRow[]>;
}

export const byRegistry = (transaction: IDBTransaction, store: string): IDBIndex =>
  transaction.objectStore(store).index('registry');

/** Oldest first. */
export const rowsOf = <T extends Row>(
  transaction: IDBTransaction,
  store: string,
  registry: RegistryId,
): Promise<T[]> => requested<T[]>(byRegistry(transaction, store).getAll(registry));

/**
 * Reads all that is stored of a registry.
 *
 * @throws DOMException when there is no database yet
 */
export async function readStoredRows(registry: RegistryId): Promise<StoredRows> {
  // Without this, to open one would create it.
  const database = await openDatabase(DATABASE, (_database, transaction) => transaction.abort());
  const transaction = database.transaction(STORES);
  const read = <T extends Row>(store: string) => {
    const rows = rowsOf<T>(transaction, store, registry);
    // Whoever awaits it gets the error.
    rows.catch(() => {});
    return rows;
  };
  return { database, deploys: read('deploys'), segments: read('segments') };
}
