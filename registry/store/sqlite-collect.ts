import { setImmediate } from 'node:timers/promises';
import type { Methods } from './methods.js';
import { hashKey } from './hash-key.js';
import type { Connection } from './sqlite-connection.js';
import { sqliteDropDerived } from './sqlite-derived.js';
import { sealRow } from './sqlite-sums.js';
import type { Collected, CollectOptions, CollectStore } from './store.js';

/** Rows that one step deletes: others wait for some ten milliseconds. */
const STEP_ROWS = 500;

/** Bytes of blobs after which a step ends: deleting a large blob takes as long as reading it. */
const STEP_BYTES = 16 * 1024 * 1024;

/** Pages that one step returns to the file system: 1 MiB. */
const STEP_PAGES = 256;

/** Blobs that are examined at once. */
const PAGE_BLOBS = 2000;

/**
 * The base of each channel: its oldest deploy that is kept without a tag. The head is always kept. 0 when all
 * deploys are kept: there are fewer than `keep`, or another channel is collected.
 */
const BASES = `
  SELECT c.id AS channel, CASE WHEN c.name = coalesce($channel, c.name) THEN min(
    coalesce((
      SELECT number FROM deploy WHERE channel_id = c.id ORDER BY number DESC LIMIT 1 OFFSET max($keep, 1) - 1
    ), 0),
    coalesce((SELECT min(number) FROM deploy WHERE channel_id = c.id AND time >= $olderThan), c.head)
  ) ELSE 0 END AS base FROM channel c`;

const UNTAGGED = 'NOT EXISTS (SELECT 1 FROM tag t WHERE t.deploy = d.number)';
const UNLEASED = 'NOT EXISTS (SELECT 1 FROM lease l WHERE l.hash = b.hash AND l.until > $now)';
const UNNAMED = 'NOT EXISTS (SELECT 1 FROM version v WHERE v.blob_id = b.id)';

type Pause = () => Promise<unknown>;

interface Bounds {
  readonly channel: string | null;
  readonly keep: number;
  readonly olderThan: number;
}

/** Repeats a step until it has nothing left to do, with a pause after each. */
async function repeat(step: () => number, pause: Pause): Promise<number> {
  let total = 0;
  for (;;) {
    const count = step();
    total += count;
    await pause();
    if (count < STEP_ROWS) return total;
  }
}

function sqliteForecast(connection: Connection): (options: CollectOptions) => Collected {
  const deploys = connection.pluck<number>(
    `WITH bases AS MATERIALIZED (${BASES})
     SELECT count(*) FROM bases JOIN deploy d ON d.channel_id = bases.channel AND d.number < bases.base
     WHERE ${UNTAGGED}`,
  );
  const blobs = connection.prepare<{ blobs: number; bytes: number }>(
    `WITH bases AS MATERIALIZED (${BASES})
     SELECT count(*) AS blobs, coalesce(sum(b.size), 0) AS bytes FROM blob b
     WHERE ${UNLEASED} AND NOT EXISTS (
       SELECT 1 FROM version v JOIN bases ON bases.channel = v.channel_id
       WHERE v.blob_id = b.id AND (v.to_deploy IS NULL OR v.to_deploy > bases.base OR EXISTS (
         SELECT 1 FROM tag t JOIN deploy d ON d.number = t.deploy
         WHERE d.channel_id = v.channel_id AND t.deploy >= v.from_deploy AND t.deploy < v.to_deploy)))`,
  );
  return connection.reading(({ channel = null, keep, olderThan, now }) => ({
    deploys: deploys.get({ channel, keep, olderThan })!,
    ...blobs.get({ channel, keep, olderThan, now })!,
  }));
}

/** Deletes unused rows: deploys before the versions that only they use. */
function sqliteSteps(connection: Connection) {
  const bases = connection.prepare<{ channel: number; base: number }>(BASES);
  const step = (sql: string) => {
    const statement = connection.prepare(sql);
    return connection.writing((values: object) => statement.run({ ...values, rows: STEP_ROWS }).changes);
  };
  const dropDeploys = step(
    `DELETE FROM deploy WHERE number IN (
       SELECT number FROM deploy d WHERE channel_id = $channel AND number < $base AND ${UNTAGGED}
       ORDER BY number LIMIT $rows)`,
  );
  // A deploy may have lost its tag after the step before: what it contains stays as long as it does.
  const dropVersions = step(
    `DELETE FROM version WHERE id IN (
       SELECT id FROM version v WHERE channel_id = $channel AND to_deploy <= $base AND NOT EXISTS (
         SELECT 1 FROM deploy d WHERE d.channel_id = $channel
           AND d.number >= v.from_deploy AND d.number < v.to_deploy) LIMIT $rows)`,
  );
  const dropPaths = step(
    `DELETE FROM path WHERE id IN (
       SELECT id FROM path p WHERE NOT EXISTS (SELECT 1 FROM version WHERE path_id = p.id) LIMIT $rows)`,
  );
  const dropSites = step(
    `DELETE FROM site WHERE id IN (
       SELECT id FROM site s WHERE NOT EXISTS (SELECT 1 FROM deploy WHERE site_id = s.id) LIMIT $rows)`,
  );

  const put = connection.prepare(
    `INSERT INTO base (channel_id, deploy) VALUES ($channel, $base)
     ON CONFLICT (channel_id) DO UPDATE SET deploy = max(deploy, excluded.deploy)`,
  );
  const seal = connection.prepare(sealRow('base'));
  const noteBase = connection.writing((row: { channel: number; base: number }) => {
    put.run(row);
    seal.run(row.channel);
  });

  return async (bounds: Bounds, pause: Pause): Promise<number> => {
    let deploys = 0;
    // A base only moves forward, so the one found at the start stays valid.
    for (const { channel, base } of bases.all(bounds)) {
      if (base > 0) noteBase({ channel, base });
      deploys += await repeat(() => dropDeploys({ channel, base }), pause);
      await repeat(() => dropVersions({ channel, base }), pause);
    }
    await repeat(() => dropPaths({}), pause);
    await repeat(() => dropSites({}), pause);
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
  // Checks again: the blob may have been leased or committed since it was found.
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

  return async (now: number, pause: Pause): Promise<{ blobs: number; bytes: number }> => {
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
        await pause();
      }
      after = end;
      await pause();
    }
  };
}

/** Returns unused pages to the file system. */
function sqliteGiveBack({ db }: Connection): (pause: Pause) => Promise<void> {
  return async (pause) => {
    for (;;) {
      const free = db.pragma('freelist_count', { simple: true }) as number;
      if (free === 0) break;
      // The pragma returns a row for each page, and frees the page when the row is read.
      db.pragma(`incremental_vacuum(${STEP_PAGES})`);
      if ((db.pragma('freelist_count', { simple: true }) as number) >= free) break;
      await pause();
    }
    // A checkpoint truncates the file. While others read, the next checkpoint does.
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
  const dropDerived = sqliteDropDerived(connection);
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
      const { channel = null, keep, olderThan, now, pause = setImmediate } = options;
      const deploys = await dropDeploys({ channel, keep, olderThan }, pause);
      const dropped = await dropBlobs(now, pause);
      await dropDerived(pause);
      await giveBack(pause);
      return { deploys, ...dropped };
    },
  };
}
