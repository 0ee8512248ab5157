import type { Channel, Hash, Path } from '../../schema/index.js';
import { hashKey } from './hash-key.js';
import type { Connection } from './sqlite-connection.js';
import { damagedRow, soundRow } from './sqlite-sums.js';

export interface ChannelRow {
  readonly id: number;
  readonly name: Channel;
  readonly head: number | null;
}

/**
 * Finds rows by their names. An index can be damaged like a table, and SQLite does not compare both: each row
 * that an index gives is read from its table, and its name compared.
 */
export interface Rows {
  /** Undefined when there is none, or when index and table disagree. */
  readonly blobId: (hash: Hash) => number | undefined;
  /** @throws ModcastError `store-damaged` */
  readonly pathId: (path: Path) => number | undefined;
  /** Whether the table has the path, which the index may have lost. Reads all of it. */
  readonly hasUnindexedPath: (path: Path) => boolean;
  /** @throws ModcastError `store-damaged` */
  readonly channel: (name: Channel) => ChannelRow | undefined;
  /** Sorted by name. @throws ModcastError `store-damaged` */
  readonly channels: () => ChannelRow[];
}

export function sqliteRows(connection: Connection): Rows {
  const blob = connection.pluck<number>(
    'SELECT id FROM blob WHERE id = (SELECT id FROM blob WHERE hash = $hash) AND +hash = $hash',
  );
  const path = connection.prepare<{ id: number; path: Path; sound: number }>(
    `SELECT p.id, p.path, ${soundRow('path', 'p')} AS sound FROM path p
     WHERE p.id = (SELECT id FROM path WHERE path = ?)`,
  );
  const unindexed = connection.pluck<1>('SELECT 1 FROM path NOT INDEXED WHERE path = ?');
  const channels = connection.prepare<ChannelRow & { sound: number }>(
    `SELECT c.id, c.name, c.head, ${soundRow('channel', 'c')} AS sound FROM channel c NOT INDEXED`,
  );
  const readChannels = () =>
    channels.all().map(({ sound, ...channel }) => {
      if (!sound) throw damagedRow(`channel ${channel.name}`);
      return channel;
    });

  return {
    blobId: (hash) => blob.get({ hash: hashKey(hash) }),
    pathId(name) {
      const row = path.get(name);
      if (row !== undefined && (!row.sound || row.path !== name)) throw damagedRow(`path ${name}`);
      return row?.id;
    },
    hasUnindexedPath: (name) => unindexed.get(name) !== undefined,
    channel: (name) => readChannels().find((channel) => channel.name === name),
    channels: () => readChannels().toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
