import { EMPTY_MANIFEST, manifestBytes, type Hash, type Manifest } from '../../schema/index.js';
import { openDirectory, type FileFilter } from '../ingest/files.js';
import { blake3 } from '../hash.js';
import { Ingest } from '../ingest/ingest.js';
import { openMemoryStore } from '../store/memory.js';
import type { Deploy, Store } from '../store/store.js';
import { compareManifests, toStatus, type Change } from './comparison.js';
import { readBlob } from './read-blob.js';
import { findRenames } from './renames.js';

/** One side of a comparison: a deploy, or the current content of a directory. */
export interface Snapshot {
  /** Its name in output that names both sides. */
  readonly label: string;
  /** Null for a directory. */
  readonly deploy: Deploy | null;
  /** Hash of the manifest's canonical bytes. */
  readonly hash: Hash;
  readonly manifest: () => Promise<Manifest>;
  /** Holds the blobs. */
  readonly store: Store;
}

export function deploySnapshot(store: Store, deploy: Deploy): Snapshot {
  let manifest: Promise<Manifest> | undefined;
  return {
    label: `deploy ${deploy.number}`,
    deploy,
    hash: deploy.manifest,
    manifest: () => (manifest ??= store.manifest(deploy.number).then((found) => found ?? EMPTY_MANIFEST)),
    store,
  };
}

/**
 * The files of a directory that the filter selects, in memory.
 * @throws ModcastError `directory-invalid`
 */
export async function directorySnapshot(directory: string, filter: FileFilter): Promise<Snapshot> {
  const store = await openMemoryStore();
  const root = await openDirectory(directory);
  const ingest = new Ingest({ directory: root, store, channel: 'dev', filter, author: '', now: () => 0 });
  const { manifest } = await ingest.scan();
  return {
    label: directory,
    deploy: null,
    hash: blake3(manifestBytes(manifest)),
    manifest: () => Promise.resolve(manifest),
    store,
  };
}

/** The changes between two sides, sorted by path. Finds renames unless they are turned off. */
export async function compare(
  before: Snapshot,
  after: Snapshot,
  { renames = true }: { renames?: boolean } = {},
): Promise<Change[]> {
  // For a deploy and its parent the store lists the changes, without reading manifests.
  const near =
    before.store === after.store && after.deploy !== null && after.deploy.parent === before.deploy?.number;
  const known = near ? await after.store.changes(after.deploy.number) : null;
  const changes =
    known === null ? compareManifests(await before.manifest(), await after.manifest()) : toStatus(known);
  if (!renames) return changes;
  return findRenames(changes, {
    readBefore: (hash) => readBlob(before.store, hash),
    readAfter: (hash) => readBlob(after.store, hash),
  });
}
