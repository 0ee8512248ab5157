import { EMPTY_MANIFEST, type Hash, type Links, type Manifest } from '../../schema/index.js';
import type { FileFilter } from '../ingest/files.js';
import { DEFAULT_CONDITIONS } from '../packages/package-resolver.js';
import type { Mode, Transform } from '../transform/transform.js';
import { readSite } from '../publish/read-site.js';
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
  /** Holds the blobs. That of a directory has nothing else. */
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
 * The files of a directory that the filter selects, without those that cannot be read. Their bytes are read
 * again when they are compared: a whole site need not fit the memory.
 *
 * @param mode of the packages that it imports
 * @param transforms those of the site's author
 * @throws ModcastError `directory-invalid`, `manifest-invalid`; later `file-unstable` for a file that has
 *   changed since
 */
export async function directorySnapshot(
  directory: string,
  filter: FileFilter,
  mode: Mode = 'production',
  transforms: readonly Transform[] = [],
): Promise<Snapshot> {
  const { manifest, hash, links, bytes } = await readSite(directory, filter, () => {}, {
    purpose: 'compare',
    packages: { conditions: DEFAULT_CONDITIONS, mode },
    transforms,
  });
  const linksOf = new Map<Hash, Links | null>();
  for (const [path, module] of manifest.modules) {
    linksOf.set(module.hash, linksOf.get(module.hash) ?? links.get(path) ?? null);
  }
  const existing = (hashes: readonly Hash[]) => hashes.filter((one) => linksOf.has(one));
  const store: Store = {
    ...(await openMemoryStore()),
    blobs: async (hashes) =>
      existing(hashes).map((one) => ({ hash: one, bytes: bytes(one), links: linksOf.get(one)! })),
    links: async (hashes) => new Map(existing(hashes).map((one) => [one, linksOf.get(one)!])),
  };
  return { label: directory, deploy: null, hash, manifest: () => Promise.resolve(manifest), store };
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
