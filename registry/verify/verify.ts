import { setImmediate } from 'node:timers/promises';
import { ModcastError, type Channel, type Hash, type Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { mediaType } from '../content/media-type.js';
import { moduleLinks } from '../ingest/module-links.js';
import type { Store } from '../store/store.js';
import type { RepairSource } from './repair-source.js';

/** Where a blob is to be found: at a path of a channel, from one deploy (inclusive) to another (exclusive; null: still). */
export interface Carrier {
  readonly channel: Channel;
  readonly path: Path;
  readonly from: number;
  readonly to: number | null;
}

export interface DamagedBlob {
  readonly hash: Hash;
  /** Bytes that are there instead, 0 for none. */
  readonly found: number;
  /** None: no deploy names it, and the collector drops it. */
  readonly carriers: readonly Carrier[];
  readonly repaired: boolean;
}

export interface Verified {
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedBlob[];
  /** What else is wrong with manifests, indexes and the database itself, in words. */
  readonly problems: readonly string[];
  /** Nothing is damaged, or nothing any more. */
  readonly sound: boolean;
}

export interface VerifyOptions {
  readonly store: Store;
  readonly source: RepairSource | null;
  readonly progress?: (progress: { blobs: number; bytes: number; damaged: number }) => void;
}

/** Blobs of one page; its bytes are bounded by the store. */
const PAGE_BLOBS = 1000;

/**
 * Hashes every blob again, page by page, mends what is damaged where it can be had elsewhere, and then checks every
 * manifest and index. Others may read and write meanwhile.
 *
 * @throws ModcastError the codes of the store and of the source; `store-damaged` when not even the blobs can be listed
 */
export async function verifyStore({ store, source, progress = () => {} }: VerifyOptions): Promise<Verified> {
  const found = new Map<Hash, number>();
  let blobs = 0;
  let bytes = 0;
  for (let after = 0; ;) {
    const page = await store.verifyPage(after, PAGE_BLOBS);
    for (const blob of page.blobs) {
      blobs++;
      bytes += blob.bytes.length;
      if (blake3(blob.bytes) !== blob.hash) found.set(blob.hash, blob.bytes.length);
    }
    progress({ blobs, bytes, damaged: found.size });
    if (page.next === null) break;
    after = page.next;
    await setImmediate();
  }
  const carriers = await findCarriers(store, new Set(found.keys()));
  const damaged: DamagedBlob[] = [];
  for (const [hash, length] of found) {
    const own = carriers.get(hash) ?? [];
    const repaired = source !== null && (await repair(store, source, hash, own));
    damaged.push({ hash, found: length, carriers: own, repaired });
  }
  const problems = (await store.check(blake3)).filter(
    (text) => !found.has(/^blob ([0-9a-f]{64}) has /.exec(text)?.[1] ?? ''),
  );
  return {
    blobs,
    bytes,
    damaged,
    problems,
    sound: problems.length === 0 && damaged.every(({ repaired }) => repaired),
  };
}

async function repair(
  store: Store,
  source: RepairSource,
  hash: Hash,
  carriers: readonly Carrier[],
): Promise<boolean> {
  const bytes = await source.blob(hash);
  if (bytes === null) return false;
  const script = carriers.find(({ path }) => mediaType(path) === 'text/javascript');
  const links = script === undefined ? null : (await moduleLinks(script.path, bytes)).links;
  try {
    await store.mendBlob({ hash, bytes, links });
    return true;
  } catch (error) {
    // The collector was faster: it is gone, and so is the damage.
    if (error instanceof ModcastError && error.code === 'blob-unknown') return true;
    throw error;
  }
}

/** Goes through every deploy's changes: slow, but only ever for a damaged store. */
async function findCarriers(store: Store, hashes: ReadonlySet<Hash>): Promise<Map<Hash, Carrier[]>> {
  const found = new Map<Hash, Carrier[]>();
  if (hashes.size === 0) return found;
  for (const channel of await store.channels()) {
    const paths = new Set<Path>();
    for (let before: number | undefined; ;) {
      const page = await store.deploys({ channel, ...(before === undefined ? {} : { before }) });
      if (page.length === 0) break;
      before = page.at(-1)!.number;
      for (const { number } of page) {
        // What cannot be read at all is for the check of manifests to name.
        const fresh = await newIn(store, number).catch(() => []);
        for (const [path, hash] of fresh) if (hashes.has(hash)) paths.add(path);
      }
    }
    for (const path of paths) {
      for (const { hash, from, to } of await store.versions(channel, path)) {
        if (!hashes.has(hash)) continue;
        found.set(hash, [...(found.get(hash) ?? []), { channel, path, from, to }]);
      }
    }
  }
  return found;
}

/** What a deploy brought; of one whose parent has been collected, all it has. */
async function newIn(store: Store, number: number): Promise<[Path, Hash][]> {
  const changes = await store.changes(number);
  if (changes !== null)
    return changes.flatMap(({ path, after }) => (after === null ? [] : [[path, after.hash]]));
  const manifest = await store.manifest(number);
  return [...(manifest?.modules ?? [])].map(([path, { hash }]) => [path, hash]);
}
