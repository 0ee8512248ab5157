import type { Hash } from '../../schema/index.js';
import { prefixRange, toChanges } from './changes.js';
import type { Methods } from './methods.js';
import { DEPLOYS } from './sqlite-deploys.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Connection } from './sqlite-connection.js';
import { RESOLVED_LIMIT, type Deploy, type HistoryStore, type PathVersion } from './store.js';

export function sqliteHistory(connection: Connection, manifests: Manifests): Methods<HistoryStore> {
  const versions = connection.prepare<PathVersion>(
    `SELECT lower(hex(b.hash)) AS hash, b.size, v.type, v.from_deploy AS "from", v.to_deploy AS "to"
     FROM path p JOIN version v ON v.path_id = p.id JOIN blob b ON b.id = v.blob_id
     WHERE p.path = ? AND v.channel_id = (SELECT id FROM channel WHERE name = ?)
     ORDER BY v.from_deploy DESC`,
  );
  const parentOf = connection.prepare<{ channel: number; parent: number }>(
    `SELECT d.channel_id AS channel, coalesce(d.parent, 0) AS parent FROM deploy d
     WHERE d.number = ? AND (d.parent IS NULL OR EXISTS (SELECT 1 FROM deploy WHERE number = d.parent))`,
  );
  const blobsWith = connection.pluck<Hash>(
    'SELECT lower(hex(hash)) FROM blob WHERE hash BETWEEN ? AND ? ORDER BY hash LIMIT ?',
  );
  const deploysWith = connection.pluck<number>(
    'SELECT number FROM deploy WHERE manifest BETWEEN ? AND ? ORDER BY number DESC LIMIT ?',
  );
  const newestAt = connection.prepare<Deploy>(
    `${DEPLOYS} WHERE c.name = ? AND d.time <= ? ORDER BY d.number DESC LIMIT 1`,
  );

  return {
    versions: (channel, path) => versions.all(path, channel),
    changes: connection.reading((number) => {
      const row = parentOf.get(number);
      if (row === undefined) return null;
      const { before, after } = manifests.between(row.channel, row.parent, number);
      return toChanges(before, after);
    }),
    resolveHash: connection.reading((prefix) => {
      const range = prefixRange(prefix);
      if (range === undefined) return { blobs: [], deploys: [] };
      const bounds = range.map((hash) => Buffer.from(hash, 'hex'));
      return {
        blobs: blobsWith.all(...bounds, RESOLVED_LIMIT),
        deploys: deploysWith.all(...bounds, RESOLVED_LIMIT),
      };
    }),
    deployAt: (channel, time) => newestAt.get(channel, time) ?? null,
  };
}
