import type { Methods } from './methods.js';
import { sqliteCommit } from './sqlite-commit.js';
import type { Connection } from './sqlite-connection.js';
import type { DeployRows } from './sqlite-deploy-rows.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Rows } from './sqlite-rows.js';
import { damagedRow, soundRow } from './sqlite-sums.js';
import type { DeployStore, StoredBlob } from './store.js';

export function sqliteDeploys(
  connection: Connection,
  rows: Rows,
  deployRows: DeployRows,
  manifests: Manifests,
  putBlobs: (blobs: readonly StoredBlob[]) => unknown,
): Methods<DeployStore> {
  // Two conditions, so that each is one lookup in the index: a blob can have thousands of versions. From
  // 9e999, which is infinity, there are none.
  const names = connection.pluck<number>(
    `SELECT id FROM version WHERE blob_id = $blob AND channel_id = $channel AND to_deploy IS NULL AND $from < 9e999
     UNION ALL
     SELECT id FROM version WHERE blob_id = $blob AND channel_id = $channel AND to_deploy > $from LIMIT 1`,
  );
  const namesSingly = connection.pluck<number>(
    `SELECT v.id FROM version v, json_each($numbers) one WHERE v.blob_id = $blob AND v.channel_id = $channel
     AND v.from_deploy <= one.value AND v.to_deploy > one.value LIMIT 1`,
  );
  const isSound = connection.pluck<number>(
    `SELECT ${soundRow('version', 'v')} AND v.blob_id = ? AND v.channel_id = ? FROM version v WHERE v.id = ?`,
  );
  const newestPath = connection.prepare<{ path: string; sound: number }>(
    `SELECT p.path, ${soundRow('version', 'v')} AND ${soundRow('path', 'p')} AS sound
     FROM version v JOIN path p ON p.id = v.path_id WHERE v.channel_id = ? AND v.blob_id = ?
     ORDER BY v.to_deploy IS NULL DESC, v.to_deploy DESC LIMIT 1`,
  );

  return {
    commit: sqliteCommit(connection, rows, deployRows.byNumber, manifests, putBlobs),
    head: connection.reading((name) => {
      const head = rows.channel(name)?.head ?? null;
      if (head === null) return null;
      const deploy = deployRows.byNumber(head);
      if (deploy?.channel !== name) throw damagedRow(`the head of ${name}`);
      return deploy;
    }),
    channels: () => rows.channels().map(({ name }) => name),
    deploy: connection.reading(deployRows.byNumber),
    deploys: connection.reading((options = {}) => deployRows.list(options)),
    deployOfManifest: connection.reading((name, manifest) => {
      const channel = rows.channel(name);
      return channel === undefined ? null : deployRows.ofManifest(channel.id, manifest);
    }),
    manifest: connection.reading(manifests.manifest),
    delta: connection.reading(manifests.delta),
    visible: connection.reading((name, hashes, from = 0, single = []) => {
      const channel = rows.channel(name)?.id;
      if (channel === undefined) return new Set();
      const numbers = single.length === 0 ? undefined : JSON.stringify(single);
      return new Set(
        hashes.filter((hash) => {
          const blob = rows.blobId(hash);
          if (blob === undefined) return false;
          const id =
            names.get({ blob, channel, from }) ??
            (numbers === undefined ? undefined : namesSingly.get({ blob, channel, numbers }));
          return id !== undefined && isSound.get(blob, channel, id) === 1;
        }),
      );
    }),
    pathOf: connection.reading((name, hash) => {
      const channel = rows.channel(name)?.id;
      const blob = rows.blobId(hash);
      if (channel === undefined || blob === undefined) return null;
      const found = newestPath.get(channel, blob);
      if (found !== undefined && !found.sound) throw damagedRow(`path ${found.path}`);
      return found?.path ?? null;
    }),
  };
}
