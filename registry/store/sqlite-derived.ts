import { HASH_BYTES, hashFromBytes, type Hash } from '../../schema/index.js';
import { hashKey } from './hash-key.js';
import type { Methods } from './methods.js';
import { plainBytes } from './sqlite-blobs.js';
import type { Connection } from './sqlite-connection.js';
import { DERIVED_PAGE_BYTES, type DerivedItem, type DerivedKind, type DerivedStore } from './store.js';

interface DerivedRow {
  readonly id: number;
  readonly kind: DerivedKind;
  readonly key: Buffer;
  readonly version: string;
  readonly hash: Buffer;
  readonly needs: Buffer;
  readonly bytes: Buffer;
}

/** Rows that one step of the collector deletes. */
const STEP_ROWS = 500;

function splitHashes(bytes: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) {
    hashes.push(hashFromBytes(bytes.subarray(at, at + HASH_BYTES)));
  }
  return hashes;
}

const toItem = ({ kind, key, version, hash, needs, bytes }: DerivedRow): DerivedItem => ({
  kind,
  key: hashFromBytes(key),
  version,
  hash: hashFromBytes(hash),
  bytes: plainBytes(bytes),
  needs: splitHashes(needs),
});

export function sqliteDerived(connection: Connection): Methods<DerivedStore> {
  const columns = 'id, kind, key, version, hash, needs, bytes';
  const find = connection.prepare<DerivedRow>(`SELECT ${columns} FROM derived WHERE kind = ? AND key = ?`);
  const findHash = connection.prepare<DerivedRow>(`SELECT ${columns} FROM derived WHERE hash = ? LIMIT 1`);
  const page = connection.prepare<DerivedRow>(
    `SELECT ${columns} FROM derived WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const nextId = connection.pluck<number>('SELECT coalesce(max(id), 0) + 1 FROM derived');
  const put = connection.prepare(
    'REPLACE INTO derived (id, kind, key, version, hash, needs, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const drop = connection.prepare('DELETE FROM derived WHERE kind = ? AND key = ?');

  return {
    // A damaged index may lead to another row.
    derived: connection.reading((kind, keys) =>
      keys.flatMap((key) => {
        const row = find.get(kind, hashKey(key));
        const item = row === undefined ? undefined : toItem(row);
        return item?.kind === kind && item.key === key ? [item] : [];
      }),
    ),
    derivedByHash: connection.reading((hash) => {
      const row = findHash.get(hashKey(hash));
      const item = row === undefined ? undefined : toItem(row);
      return item?.hash === hash ? item : null;
    }),
    putDerived: connection.writingBehind((items) => {
      for (const { kind, key, version, hash, needs, bytes } of items) {
        const list = Buffer.concat(needs.map(hashKey));
        put.run(nextId.get(), kind, hashKey(key), version, hashKey(hash), list, bytes);
      }
    }),
    dropDerived: connection.writingBehind((items) => {
      for (const { kind, key } of items) drop.run(kind, hashKey(key));
    }),
    derivedPage(after, limit) {
      const items: DerivedItem[] = [];
      let size = 0;
      let next: number | null = null;
      for (const row of page.iterate(after, limit)) {
        items.push(toItem(row));
        size += row.bytes.length;
        next = row.id;
        if (size >= DERIVED_PAGE_BYTES) break;
      }
      return { items, next };
    },
  };
}

/** Drops what no kept deploy needs, in steps with a pause after each. */
export function sqliteDropDerived(connection: Connection): (pause: () => Promise<unknown>) => Promise<void> {
  const others = connection.pluck<number>(
    `SELECT id FROM derived d WHERE
       kind = 'fusion' AND NOT EXISTS (SELECT 1 FROM deploy WHERE manifest = d.key)
         AND NOT EXISTS (SELECT 1 FROM derived s JOIN deploy ON deploy.manifest = substr(s.needs, 1, ${HASH_BYTES})
           WHERE s.kind = 'site' AND s.key = d.key)
       OR kind = 'site' AND NOT EXISTS (SELECT 1 FROM deploy WHERE manifest = substr(d.needs, 1, ${HASH_BYTES}))
       OR kind = 'record' AND NOT EXISTS (SELECT 1 FROM blob WHERE hash = d.key)
         AND NOT EXISTS (SELECT 1 FROM derived m WHERE m.kind = 'module' AND m.key = d.key)
       OR kind IN ('transform', 'module', 'map')
         AND NOT EXISTS (SELECT 1 FROM blob WHERE hash = substr(d.needs, 1, ${HASH_BYTES}))`,
  );
  const needs = connection.pluck<Buffer>("SELECT needs FROM derived WHERE kind = 'fusion'");
  const runs = connection.prepare<{ id: number; hash: Hash }>(
    "SELECT id, lower(hex(hash)) AS hash FROM derived WHERE kind = 'run'",
  );
  const drop = connection.prepare('DELETE FROM derived WHERE id = ?');
  const step = connection.writing((ids: readonly number[]) => {
    for (const id of ids) drop.run(id);
  });
  const dropAll = async (ids: readonly number[], pause: () => Promise<unknown>) => {
    for (let at = 0; at < ids.length; at += STEP_ROWS) {
      step(ids.slice(at, at + STEP_ROWS));
      await pause();
    }
  };
  const unneeded = connection.reading(() => {
    const needed = new Set(needs.all().flatMap(splitHashes));
    return runs.all().flatMap(({ id, hash }) => (needed.has(hash) ? [] : [id]));
  });
  return async (pause) => {
    await dropAll(others.all(), pause);
    await dropAll(unneeded(), pause);
  };
}
