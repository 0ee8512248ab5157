import { EMPTY_MANIFEST, manifestBytes, type Hash, type Manifest } from '../../schema/index.js';
import { DEFAULT_FILTER, openDirectory, type FileFilter } from '../ingest/files.js';
import { blake3 } from '../hash.js';
import { Ingest } from '../ingest/ingest.js';
import { openMemoryStore } from '../store/memory.js';
import type { Deploy, Store } from '../store/store.js';
import { compareManifests, toStatus, type Change } from './comparison.js';
import { readBlob } from './content.js';
import { findRenames } from './renames.js';

/** One side of a comparison: a deploy, or a directory as it is. */
export interface Snapshot {
  /** How it is called where both sides are named. */
  readonly label: string;
  /** Null for a directory. */
  readonly deploy: Deploy | null;
  /** Of the manifest's canonical bytes. */
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
 * A directory as publishing would see it, kept in memory.
 * @throws ModcastError `directory-invalid`
 */
export async function directorySnapshot(
  directory: string,
  filter: FileFilter = DEFAULT_FILTER,
): Promise<Snapshot> {
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

/** What makes one of the other, sorted by path; renames are found unless they are not wanted. */
export async function compare(
  before: Snapshot,
  after: Snapshot,
  { renames = true }: { renames?: boolean } = {},
): Promise<Change[]> {
  // A deploy and its parent: the store knows the rows that changed, and no manifest need be read.
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
