import type { Hash } from '../../schema/index.js';
import { commitRange, prefixRange, toChanges } from './changes.js';
import type { Methods } from './methods.js';
import type { Connection } from './sqlite-connection.js';
import type { DeployRows } from './sqlite-deploy-rows.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Rows } from './sqlite-rows.js';
import { damagedRow, soundRow } from './sqlite-sums.js';
import { RESOLVED_LIMIT, type HistoryStore, type PathVersion } from './store.js';

export function sqliteHistory(
  connection: Connection,
  rows: Rows,
  deployRows: DeployRows,
  manifests: Manifests,
): Methods<HistoryStore> {
  const versions = connection.prepare<PathVersion & { sound: number }>(
    `SELECT lower(hex(b.hash)) AS hash, b.size, v.type, v.from_deploy AS "from", v.to_deploy AS "to",
       ${soundRow('version', 'v')} AND ${soundRow('blob', 'b')} AND v.path_id = $path AS sound
     FROM version v LEFT JOIN blob b ON b.id = v.blob_id WHERE v.path_id = $path AND v.channel_id = $channel`,
  );
  // A damaged index could lack versions. Counting reads the table: milliseconds for a hundred thousand rows.
  const countVersions = connection.pluck<number>(
    'SELECT count(*) FROM version NOT INDEXED WHERE path_id = $path AND channel_id = $channel',
  );
  const parentOf = connection.prepare<{ channel: number; parent: number }>(
    `SELECT d.channel_id AS channel, coalesce(d.parent, 0) AS parent FROM deploy d
     WHERE d.number = ? AND (d.parent IS NULL OR EXISTS (SELECT 1 FROM deploy WHERE number = d.parent))`,
  );
  const blobsWith = connection.prepare<{ hash: Hash; sound: number }>(
    `SELECT lower(hex(b.hash)) AS hash, ${soundRow('blob', 'b')} AND b.hash BETWEEN $first AND $last AS sound
     FROM (SELECT id FROM blob WHERE hash BETWEEN $first AND $last ORDER BY hash LIMIT $limit) AS found
     JOIN blob b ON b.id = found.id`,
  );
  const deploysWith = connection.pluck<number>(
    'SELECT number FROM deploy WHERE manifest BETWEEN ? AND ? ORDER BY number DESC LIMIT ?',
  );

  return {
    versions: connection.reading((name, place) => {
      const channel = rows.channel(name)?.id;
      const path = rows.pathId(place);
      if (path === undefined && rows.hasUnindexedPath(place)) throw damagedRow(`path ${place}`);
      if (channel === undefined || path === undefined) return [];
      const found = versions.all({ path, channel });
      if (found.length !== countVersions.get({ path, channel })) throw damagedRow(`the history of ${place}`);
      const list = found.map(({ sound, ...version }) => {
        if (!sound) throw damagedRow(`the version of ${place} from deploy ${version.from}`);
        return version;
      });
      // Not by the index, whose order may be damaged.
      return list.toSorted((a, b) => b.from - a.from);
    }),
    changes: connection.reading((number) => {
      const deploy = deployRows.byNumber(number);
      const row = parentOf.get(number);
      if (deploy === null || row === undefined) return null;
      const { before, after } = manifests.between(row.channel, row.parent, number);
      const changes = toChanges(before, after);
      const count = (isKind: (change: (typeof changes)[number]) => boolean) => changes.filter(isKind).length;
      if (
        count(({ before: old }) => old === null) !== deploy.added ||
        count(({ after: now }) => now === null) !== deploy.removed ||
        changes.length !== deploy.added + deploy.changed + deploy.removed
      ) {
        throw damagedRow(`the list of changes of deploy ${number}`);
      }
      return changes;
    }),
    resolveHash: connection.reading((prefix) => {
      const range = prefixRange(prefix);
      if (range === undefined) return { blobs: [], deploys: [] };
      const [first, last] = range.map((hash) => Buffer.from(hash, 'hex'));
      const deploys = deploysWith.all(first, last, RESOLVED_LIMIT);
      for (const number of deploys) {
        if (!deployRows.byNumber(number)?.manifest.startsWith(prefix)) throw damagedRow(`deploy ${number}`);
      }
      const blobs = blobsWith.all({ first, last, limit: RESOLVED_LIMIT }).map(({ hash, sound }) => {
        if (!sound) throw damagedRow(`blob ${hash}`);
        return hash;
      });
      return { blobs: blobs.toSorted(), deploys };
    }),
    resolveCommit: connection.reading((prefix) => {
      const range = commitRange(prefix);
      return range === undefined ? [] : deployRows.ofCommits(...range, RESOLVED_LIMIT);
    }),
    deployAt: connection.reading(deployRows.upTo),
  };
}
