import { createHash } from 'node:crypto';
import type { Hash, ManifestModule, Path } from '../../schema/index.js';
import { checkBlobs, checkHead, compareModules, type Changes } from './changes.js';
import { entryPointsToJson, type EntryPoints } from './entry-points.js';
import { hashKey } from './sqlite-blobs.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Connection } from './sqlite-connection.js';
import type { Deploy, NewDeploy, StoredBlob } from './store.js';

type Committed = { readonly deploy: Deploy; readonly created: boolean };

/** Writes the changes of a deploy. Unchanged versions cost nothing. */
function sqliteChanges(connection: Connection) {
  const addPath = connection.prepare('INSERT INTO path (path) VALUES (?) ON CONFLICT DO NOTHING');
  const pathId = connection.pluck<number>('SELECT id FROM path WHERE path = ?');
  const end = connection.prepare(
    'UPDATE version SET to_deploy = ? WHERE channel_id = ? AND path_id = ? AND to_deploy IS NULL',
  );
  const begin = connection.prepare(
    'INSERT INTO version (path_id, channel_id, from_deploy, blob_id, type) VALUES (?, ?, ?, ?, ?)',
  );
  return (channel: number, number: number, changes: Changes, blobIds: ReadonlyMap<Hash, number>) => {
    for (const path of changes.delete) end.run(number, channel, pathId.get(path));
    for (const [path, { hash, type }] of changes.set) {
      addPath.run(path);
      const id = pathId.get(path);
      end.run(number, channel, id);
      begin.run(id, channel, number, blobIds.get(hash), type);
    }
  };
}

/** The id of the row of entry points, shared by equal ones. */
function sqliteSites(connection: Connection) {
  const add = connection.prepare('INSERT INTO site (hash, json) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const find = connection.pluck<number>('SELECT id FROM site WHERE hash = ?');
  return (site: EntryPoints): number => {
    const json = entryPointsToJson(site);
    const hash = createHash('sha256').update(json).digest();
    add.run(hash, json);
    return find.get(hash)!;
  };
}

export function sqliteCommit(
  connection: Connection,
  manifests: Manifests,
  deployOf: (number: number) => Deploy,
  putBlobs: (blobs: readonly StoredBlob[]) => unknown,
): (fresh: NewDeploy) => Committed {
  const findChannel = connection.prepare<{ id: number; head: number }>(
    'SELECT id, head FROM channel WHERE name = ?',
  );
  const addChannel = connection.pluck<number>('INSERT INTO channel (name) VALUES (?) RETURNING id');
  const setHead = connection.prepare('UPDATE channel SET head = ? WHERE id = ?');
  const findBlob = connection.prepare<{ id: number; size: number }>(
    'SELECT id, size FROM blob WHERE hash = ?',
  );
  const insert = connection.pluck<number>(
    `INSERT INTO deploy (channel_id, manifest, site_id, time, author, message, parent, git_commit,
       added, changed, removed, modules, bytes)
     VALUES ($channel, $manifest, $site, $time, $author, $message, $parent, $commit,
       $added, $changed, $removed, $modules, $bytes)
     RETURNING number`,
  );
  const writeChanges = sqliteChanges(connection);
  const siteId = sqliteSites(connection);

  // A deploy never changes, so the cached modules of the last one stay valid.
  let recent: { readonly number: number; readonly modules: Map<Path, ManifestModule> } | undefined;

  const commit = (fresh: NewDeploy) => {
    const found = findChannel.get(fresh.channel);
    const head = found?.head ?? null;
    checkHead(fresh, head);
    if (head !== null) {
      const deploy = deployOf(head);
      if (deploy.manifest === fresh.hash) return { deploy, created: false as const };
    }
    const channel = found?.id ?? addChannel.get(fresh.channel)!;
    let modules = new Map<Path, ManifestModule>();
    if (head !== null)
      modules = recent?.number === head ? recent.modules : manifests.modulesAt(channel, head);
    const changes = compareModules(modules, fresh.manifest.modules);
    const blobIds = new Map<Hash, number>();
    putBlobs(fresh.blobs ?? []);
    checkBlobs(changes.set, (hash) => {
      const blob = findBlob.get(hashKey(hash));
      if (blob !== undefined) blobIds.set(hash, blob.id);
      return blob?.size;
    });
    const { time, author, message, manifest } = fresh;
    const { added, changed, removed, bytes } = changes;
    const number = insert.get({
      channel,
      manifest: hashKey(fresh.hash),
      site: siteId(manifest),
      time,
      author,
      message,
      parent: head,
      commit: fresh.commit,

      added,
      changed,
      removed,
      modules: changes.modules,
      bytes,
    })!;
    writeChanges(channel, number, changes, blobIds);
    setHead.run(number, channel);
    return { deploy: deployOf(number), created: true as const, changes, modules };
  };
  const durable = connection.writing(commit);
  const behind = connection.writingBehind(commit);

  return (fresh) => {
    const result = fresh.durable === false ? behind(fresh) : durable(fresh);
    if (result.created) {
      const { changes, modules, deploy } = result;
      for (const path of changes.delete) modules.delete(path);
      for (const [path, module] of changes.set) modules.set(path, { ...module });
      recent = { number: deploy.number, modules };
    }
    return { deploy: result.deploy, created: result.created };
  };
}
