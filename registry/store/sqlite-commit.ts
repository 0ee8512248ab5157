import type { Hash, ManifestModule, Path } from '../../schema/index.js';
import { channelIsTag, checkBlobs, checkHead, compareModules, type Changes } from './changes.js';
import { entryPointsToJson, siteHash, type EntryPoints } from './entry-points.js';
import { hashKey } from './hash-key.js';
import type { Connection } from './sqlite-connection.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Rows } from './sqlite-rows.js';
import { checksum, damagedRow, sealRow } from './sqlite-sums.js';
import { sqliteTagRows } from './sqlite-tags.js';
import type { Deploy, NewDeploy, StoredBlob } from './store.js';

type Committed = { readonly deploy: Deploy; readonly created: boolean };

/** Writes the changes of a deploy. Unchanged versions cost nothing. */
function sqliteChanges(connection: Connection, { pathId }: Rows) {
  const nextPath = connection.pluck<number>('SELECT coalesce(max(id), 0) + 1 FROM path');
  const addPath = connection.prepare('INSERT INTO path (id, path, sum) VALUES (?, ?, ?)');
  const end = connection.prepare(
    `UPDATE version SET to_deploy = $number,
       sum = checksum(id, path_id, channel_id, from_deploy, $number, blob_id, type)
     WHERE channel_id = $channel AND path_id = $path AND to_deploy IS NULL`,
  );
  const nextVersion = connection.pluck<number>('SELECT coalesce(max(id), 0) + 1 FROM version');
  const addVersion = connection.prepare(
    `INSERT INTO version (id, path_id, channel_id, from_deploy, blob_id, type, sum)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const newPath = (path: Path): number => {
    const id = nextPath.get()!;
    addPath.run(id, path, checksum(id, path));
    return id;
  };
  const begin = (path: number, channel: number, from: number, blob: number, type: string) => {
    const id = nextVersion.get()!;
    const sum = checksum(id, path, channel, from, null, blob, type);
    addVersion.run(id, path, channel, from, blob, type, sum);
  };
  return (channel: number, number: number, changes: Changes, blobIds: ReadonlyMap<Hash, number>) => {
    for (const path of changes.delete) end.run({ number, channel, path: pathId(path) });
    for (const [path, { hash, type }] of changes.set) {
      const id = pathId(path) ?? newPath(path);
      end.run({ number, channel, path: id });
      begin(id, channel, number, blobIds.get(hash)!, type);
    }
  };
}

/** The id of the row of entry points, shared by equal ones. */
function sqliteSites(connection: Connection) {
  const add = connection.prepare('INSERT INTO site (hash, json) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const find = connection.prepare<{ id: number; json: string }>(
    'SELECT id, json FROM site WHERE id = (SELECT id FROM site WHERE hash = ?)',
  );
  return (site: EntryPoints): number => {
    const json = entryPointsToJson(site);
    const hash = siteHash(json);
    add.run(hash, json);
    const row = find.get(hash);
    if (row?.json !== json) throw damagedRow('a record of entries and import map');
    return row.id;
  };
}

export function sqliteCommit(
  connection: Connection,
  rows: Rows,
  findDeploy: (number: number) => Deploy | null,
  manifests: Manifests,
  putBlobs: (blobs: readonly StoredBlob[]) => unknown,
): (fresh: NewDeploy) => Committed {
  const addChannel = connection.pluck<number>('INSERT INTO channel (name) VALUES (?) RETURNING id');
  const setHead = connection.prepare('UPDATE channel SET head = ? WHERE id = ?');
  const sealChannel = connection.prepare(sealRow('channel'));
  const sealDeploy = connection.prepare(sealRow('deploy'));
  const sizeOf = connection.pluck<number>('SELECT size FROM blob WHERE id = ?');
  const insert = connection.pluck<number>(
    `INSERT INTO deploy (channel_id, manifest, site_id, time, author, message, parent, git_commit,
       added, changed, removed, modules, bytes)
     VALUES ($channel, $manifest, $site, $time, $author, $message, $parent, $commit,
       $added, $changed, $removed, $modules, $bytes)
     RETURNING number`,
  );
  const writeChanges = sqliteChanges(connection, rows);
  const siteId = sqliteSites(connection);
  const deployOf = (number: number): Deploy => {
    const deploy = findDeploy(number);
    if (deploy === null) throw damagedRow(`deploy ${number}`);
    return deploy;
  };

  const tagRows = sqliteTagRows(connection);

  // A deploy never changes, so the cached modules of the last one stay valid.
  let recent: { readonly number: number; readonly modules: Map<Path, ManifestModule> } | undefined;

  const commit = (fresh: NewDeploy) => {
    const found = rows.channel(fresh.channel);
    const head = found?.head ?? null;
    checkHead(fresh, head);
    if (head !== null) {
      const deploy = deployOf(head);
      if (deploy.manifest === fresh.hash) return { deploy, created: false as const };
    }
    const tag = head === null ? tagRows().find(({ name }) => name === fresh.channel) : undefined;
    if (tag !== undefined) throw channelIsTag(tag);
    const channel = found?.id ?? addChannel.get(fresh.channel)!;
    let modules = new Map<Path, ManifestModule>();
    if (head !== null) {
      modules = recent?.number === head ? recent.modules : new Map(manifests.manifest(head)!.modules);
    }
    const changes = compareModules(modules, fresh.manifest.modules);
    const blobIds = new Map<Hash, number>();
    putBlobs(fresh.blobs ?? []);
    checkBlobs(changes.set, (hash) => {
      const id = rows.blobId(hash);
      if (id === undefined) return undefined;
      blobIds.set(hash, id);
      return sizeOf.get(id);
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
    sealDeploy.run(number);
    sealChannel.run(channel);
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
