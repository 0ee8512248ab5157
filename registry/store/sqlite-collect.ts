import { setImmediate } from 'node:timers/promises';
import type { Methods } from './methods.js';
import { hashKey } from './sqlite-blobs.js';
import type { Connection } from './sqlite-connection.js';
import type { Collected, CollectOptions, CollectStore } from './store.js';

/** Rows that one step drops: some ten milliseconds for which others must wait. */
const STEP_ROWS = 500;

/** Bytes of blobs after which a step ends, for dropping a large one takes as long as reading it. */
const STEP_BYTES = 16 * 1024 * 1024;

/** Pages that one step gives back: 1 MiB. */
const STEP_PAGES = 256;

/** Blobs that are looked through at a time. */
const PAGE_BLOBS = 2000;

/**
 * Of each channel its base: the oldest deploy that stays, and with it all newer ones. The newest, its head, always
 * does. 0: fewer are there than are to be kept.
 */
const BASES = `
  SELECT c.id AS channel, min(
    coalesce((
      SELECT number FROM deploy WHERE channel_id = c.id ORDER BY number DESC LIMIT 1 OFFSET max($keep, 1) - 1
    ), 0),
    coalesce((SELECT min(number) FROM deploy WHERE channel_id = c.id AND time >= $olderThan), c.head)
  ) AS base FROM channel c`;

const UNLEASED = 'NOT EXISTS (SELECT 1 FROM lease l WHERE l.hash = b.hash AND l.until > $now)';
const UNNAMED = 'NOT EXISTS (SELECT 1 FROM version v WHERE v.blob_id = b.id)';

type Bounds = Pick<CollectOptions, 'keep' | 'olderThan'>;

/** Repeats a step until it has no more to do, letting others have their turn in between. */
async function repeat(step: () => number): Promise<number> {
  let total = 0;
  for (;;) {
    const count = step();
    total += count;
    if (count < STEP_ROWS) return total;
    await setImmediate();
  }
}

function sqliteForecast(connection: Connection): (options: CollectOptions) => Collected {
  const deploys = connection.pluck<number>(
    `WITH bases AS MATERIALIZED (${BASES})
     SELECT count(*) FROM bases JOIN deploy d ON d.channel_id = bases.channel AND d.number < bases.base`,
  );
  const blobs = connection.prepare<{ blobs: number; bytes: number }>(
    `WITH bases AS MATERIALIZED (${BASES})
     SELECT count(*) AS blobs, coalesce(sum(b.size), 0) AS bytes FROM blob b
     WHERE ${UNLEASED} AND NOT EXISTS (
       SELECT 1 FROM version v JOIN bases ON bases.channel = v.channel_id
       WHERE v.blob_id = b.id AND (v.to_deploy IS NULL OR v.to_deploy > bases.base))`,
  );
  return connection.reading(({ keep, olderThan, now }) => ({
    deploys: deploys.get({ keep, olderThan })!,
    ...blobs.get({ keep, olderThan, now })!,
  }));
}

/** Drops what has no owner any more; deploys before the versions that only they can show. */
function sqliteSteps(connection: Connection) {
  const bases = connection.prepare<{ channel: number; base: number }>(BASES);
  const step = (sql: string) => {
    const statement = connection.prepare(sql);
    return connection.writing((values: object) => statement.run({ ...values, rows: STEP_ROWS }).changes);
  };
  const dropDeploys = step(
    `DELETE FROM deploy WHERE number IN (
       SELECT number FROM deploy WHERE channel_id = $channel AND number < $base ORDER BY number LIMIT $rows)`,
  );
  const dropVersions = step(
    `DELETE FROM version WHERE id IN (
       SELECT id FROM version WHERE channel_id = $channel AND to_deploy <= $base LIMIT $rows)`,
  );
  const dropPaths = step(
    `DELETE FROM path WHERE id IN (
       SELECT id FROM path p WHERE NOT EXISTS (SELECT 1 FROM version WHERE path_id = p.id) LIMIT $rows)`,
  );
  const dropSites = step(
    `DELETE FROM site WHERE id IN (
       SELECT id FROM site s WHERE NOT EXISTS (SELECT 1 FROM deploy WHERE site_id = s.id) LIMIT $rows)`,
  );

  return async (bounds: Bounds): Promise<number> => {
    let deploys = 0;
    // A base only ever moves on: what was found at the start stays safe.
    for (const { channel, base } of bases.all(bounds)) {
      deploys += await repeat(() => dropDeploys({ channel, base }));
      await repeat(() => dropVersions({ channel, base }));
    }
    await repeat(() => dropPaths({}));
    await repeat(() => dropSites({}));
    return deploys;
  };
}

function sqliteDropBlobs(connection: Connection) {
  const pageEnd = connection.pluck<number | null>(
    'SELECT max(id) FROM (SELECT id FROM blob WHERE id > ? ORDER BY id LIMIT ?)',
  );
  const unused = connection.prepare<{ id: number; size: number }>(
    `SELECT id, size FROM blob b WHERE id > $after AND id <= $end AND ${UNNAMED} AND ${UNLEASED} ORDER BY id`,
  );
  // Asks again: since the blob was found unused somebody may have leased or committed it.
  const drop = connection.prepare(`DELETE FROM blob AS b WHERE id = $id AND ${UNNAMED} AND ${UNLEASED}`);
  const dropExpired = connection.prepare('DELETE FROM lease WHERE until <= ?');
  const endLeases = connection.writing((now: number) => dropExpired.run(now));

  const dropSome = connection.writing((found: { id: number; size: number }[], now: number) => {
    let blobs = 0;
    let bytes = 0;
    let seen = 0;
    while (found.length > 0 && seen < STEP_ROWS && bytes < STEP_BYTES) {
      const { id, size } = found.shift()!;
      seen++;
      if (drop.run({ id, now }).changes === 0) continue;
      blobs++;
      bytes += size;
    }
    return { blobs, bytes };
  });

  return async (now: number): Promise<{ blobs: number; bytes: number }> => {
    endLeases(now);
    let blobs = 0;
    let bytes = 0;
    for (let after = 0; ;) {
      const end = pageEnd.get(after, PAGE_BLOBS) ?? null;
      if (end === null) return { blobs, bytes };
      const found = unused.all({ after, end, now });
      while (found.length > 0) {
        const dropped = dropSome(found, now);
        blobs += dropped.blobs;
        bytes += dropped.bytes;
        await setImmediate();
      }
      after = end;
      await setImmediate();
    }
  };
}

/** Gives the pages that nothing uses back to the file system. */
function sqliteGiveBack({ db }: Connection): () => Promise<void> {
  return async () => {
    for (;;) {
      const free = db.pragma('freelist_count', { simple: true }) as number;
      if (free === 0) break;
      // Each page is a row of the answer, and is given back when that row is read.
      db.pragma(`incremental_vacuum(${STEP_PAGES})`);
      if ((db.pragma('freelist_count', { simple: true }) as number) >= free) break;
      await setImmediate();
    }
    // The file is cut when the log is written into it; where somebody still reads, the next checkpoint does it.
    db.pragma('wal_checkpoint(PASSIVE)');
  };
}

/** The collector. */
export function sqliteCollect(connection: Connection): Methods<CollectStore> {
  const put = connection.prepare(
    `INSERT INTO lease (hash, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (hash, owner) DO UPDATE SET until = max(until, excluded.until)`,
  );
  const end = connection.prepare('DELETE FROM lease WHERE owner = ?');
  const forecast = sqliteForecast(connection);
  const dropDeploys = sqliteSteps(connection);
  const dropBlobs = sqliteDropBlobs(connection);
  const giveBack = sqliteGiveBack(connection);

  return {
    lease: connection.writing((hashes, owner, until) => {
      for (const hash of hashes) put.run(hashKey(hash), owner, until);
    }),
    release: connection.writing((owner) => {
      end.run(owner);
    }),
    async collect(options) {
      if (options.dryRun) return forecast(options);
      const { keep, olderThan, now } = options;
      const deploys = await dropDeploys({ keep, olderThan });
      const dropped = await dropBlobs(now);
      await giveBack();
      return { deploys, ...dropped };
    },
  };
}
