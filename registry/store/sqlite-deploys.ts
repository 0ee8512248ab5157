import type { Methods } from './methods.js';
import { hashKey } from './sqlite-blobs.js';
import { sqliteCommit } from './sqlite-commit.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Connection } from './sqlite-connection.js';
import { DEPLOYS_LIMIT, type Deploy, type DeployStore, type StoredBlob } from './store.js';

/** Selects deploys. Conditions and order are appended, with the alias `d`. */
export const DEPLOYS = `
  SELECT d.number, c.name AS channel, lower(hex(d.manifest)) AS manifest, d.time, d.author, d.message, d.parent,
    d.git_commit AS "commit", d.added, d.changed, d.removed, d.modules, d.bytes
  FROM deploy d JOIN channel c ON c.id = d.channel_id`;

export function sqliteDeploys(
  connection: Connection,
  manifests: Manifests,
  putBlobs: (blobs: readonly StoredBlob[]) => unknown,
): Methods<DeployStore> {
  const byNumber = connection.prepare<Deploy>(`${DEPLOYS} WHERE d.number = ?`);
  const head = connection.prepare<Deploy>(
    `${DEPLOYS} WHERE d.number = (SELECT head FROM channel WHERE name = ?)`,
  );
  const page = connection.prepare<Deploy>(`${DEPLOYS} WHERE d.number < ? ORDER BY d.number DESC LIMIT ?`);
  const pageOfChannel = connection.prepare<Deploy>(
    `${DEPLOYS} WHERE c.name = ? AND d.number < ? ORDER BY d.number DESC LIMIT ?`,
  );
  const ofManifest = connection.prepare<Deploy>(
    `${DEPLOYS} WHERE c.name = ? AND d.manifest = ? ORDER BY d.number DESC LIMIT 1`,
  );
  const channels = connection.pluck<string>('SELECT name FROM channel ORDER BY name');
  const channelId = connection.pluck<number>('SELECT id FROM channel WHERE name = ?');
  const blobId = connection.pluck<number>('SELECT id FROM blob WHERE hash = ?');
  // Two conditions, so that each is one lookup in the index: a blob can have thousands of versions.
  const names = connection.pluck<1>(
    `SELECT 1 FROM version WHERE blob_id = $blob AND channel_id = $channel AND to_deploy IS NULL
     UNION ALL
     SELECT 1 FROM version WHERE blob_id = $blob AND channel_id = $channel AND to_deploy > $from LIMIT 1`,
  );
  const newestPath = connection.pluck<string>(
    `SELECT p.path FROM blob b JOIN version v ON v.blob_id = b.id JOIN path p ON p.id = v.path_id
     WHERE v.channel_id = (SELECT id FROM channel WHERE name = ?) AND b.hash = ?
     ORDER BY v.to_deploy IS NULL DESC, v.to_deploy DESC LIMIT 1`,
  );

  return {
    commit: sqliteCommit(connection, manifests, (number) => byNumber.get(number)!, putBlobs),
    head: (channel) => head.get(channel) ?? null,
    channels: () => channels.all(),
    deploy: (number) => byNumber.get(number) ?? null,
    deploys({ channel, before = Number.MAX_SAFE_INTEGER, limit = DEPLOYS_LIMIT } = {}) {
      return channel === undefined ? page.all(before, limit) : pageOfChannel.all(channel, before, limit);
    },
    deployOfManifest: (channel, manifest) => ofManifest.get(channel, hashKey(manifest)) ?? null,
    manifest: connection.reading(manifests.manifest),
    delta: connection.reading(manifests.delta),
    visible: connection.reading((name, hashes, from = 0) => {
      const channel = channelId.get(name);
      if (channel === undefined) return new Set();
      return new Set(
        hashes.filter((hash) => {
          const blob = blobId.get(hashKey(hash));
          return blob !== undefined && names.get({ blob, channel, from }) !== undefined;
        }),
      );
    }),
    pathOf: (channel, hash) => newestPath.get(channel, hashKey(hash)) ?? null,
  };
}
