import { setImmediate } from 'node:timers/promises';
import { ModcastError, isHash, type Channel, type Hash, type Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { mediaType } from '../content/media-type.js';
import { linksAgain, moduleLinks, sameLinks } from '../ingest/module-links.js';
import { rebuildDatabase, removeDatabase, replaceDatabase } from '../store/sqlite-rebuild.js';
import { openSqliteStore } from '../store/sqlite.js';
import type { Store, StoredBlob } from '../store/store.js';
import type { RepairSource } from './repair-source.js';

/**
 * A place of a blob: a path of a channel, from one deploy (inclusive) to another (exclusive; null: still).
 */
export interface Carrier {
  readonly channel: Channel;
  readonly path: Path;
  readonly from: number;
  readonly to: number | null;
}

export interface DamagedBlob {
  readonly hash: Hash;
  /** Bytes in the store, 0 when they are lost. */
  readonly found: number;
  /** The bytes are right, but the stored links are not those that the lexer finds in them. */
  readonly links?: true;
  /** Empty when no deploy contains the blob; then the collector deletes it. */
  readonly carriers: readonly Carrier[];
  readonly repaired: boolean;
}

export interface Verified {
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedBlob[];
  /** Damaged items of derived data: they were dropped, and are made again. */
  readonly dropped: number;
  /** Other problems of manifests, indexes and the database, as text. */
  readonly problems: readonly string[];
  /** Problems that were repaired from a copy of the database. */
  readonly repairedProblems?: readonly string[];
  /** Nothing is damaged, or all damage was repaired. */
  readonly sound: boolean;
}

export interface VerifyOptions {
  readonly store: Store;
  readonly source: RepairSource | null;
  /** The file of the store, for repairs of more than blobs. */
  readonly database?: string;
  readonly progress?: (progress: { blobs: number; bytes: number; damaged: number }) => void;
}

/** Blobs of one page. The store also limits its bytes. */
const PAGE_BLOBS = 1000;

/**
 * Hashes every blob and derived item, finds the links of blobs again, repairs damaged blobs from the source,
 * and checks all manifests and indexes. What is left is repaired by a new database when the source is a copy of this one. Other
 * processes may read and write at the same time.
 *
 * @throws ModcastError the codes of the store and of the source
 */
export async function verifyStore(options: VerifyOptions): Promise<Verified> {
  const { store, source } = options;
  const { found, problem, ...checked } = await checkBlobs(options);
  const carriers = await findCarriers(store, new Set(found.keys())).catch(ignoreDamage);
  const damaged: DamagedBlob[] = [];
  for (const [hash, damage] of found) {
    const own = carriers?.get(hash) ?? [];
    const repaired =
      source !== null &&
      ((await (damage.links ? repairLinks(store, hash) : repair(store, source, hash, own)).catch(
        ignoreDamage,
      )) ??
        false);
    damaged.push({ hash, ...damage, carriers: own, repaired });
  }
  const dropped = (await dropDamagedDerived(store).catch(ignoreDamage)) ?? 0;
  const others = (await store.check(blake3)).filter(
    (text) => !found.has(/^blob ([0-9a-f]{64})/.exec(text)?.[1] ?? ''),
  );
  const problems = problem === undefined || others.length > 0 ? others : [problem];
  const sound = problems.length === 0 && damaged.every(({ repaired }) => repaired);
  if (!sound && (await isRebuilt(options))) {
    const repaired = damaged.map((blob) => ({ ...blob, repaired: true }));
    return { ...checked, dropped, damaged: repaired, problems: [], repairedProblems: problems, sound: true };
  }
  return { ...checked, dropped, damaged, problems, sound };
}

/** The report names the damage. */
function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof ModcastError) || error.code !== 'store-damaged') throw error;
}

interface CheckedBlobs {
  readonly blobs: number;
  readonly bytes: number;
  readonly found: ReadonlyMap<Hash, Pick<DamagedBlob, 'found' | 'links'>>;
  /** Why not all could be read. */
  readonly problem?: string;
}

async function checkBlobs({ store, progress = () => {} }: VerifyOptions): Promise<CheckedBlobs> {
  const found = new Map<Hash, Pick<DamagedBlob, 'found' | 'links'>>();
  let blobs = 0;
  let bytes = 0;
  try {
    for (let after = 0; ;) {
      const page = await store.verifyPage(after, PAGE_BLOBS);
      const links = await store.links(page.blobs.map(({ hash }) => hash).filter(isHash));
      for (const blob of page.blobs) {
        blobs++;
        bytes += blob.bytes.length;
        // The check of the rows reports it.
        if (!isHash(blob.hash)) continue;
        const stored = links.get(blob.hash) ?? null;
        if (blake3(blob.bytes) !== blob.hash) found.set(blob.hash, { found: blob.bytes.length });
        else if (stored !== null && !sameLinks(stored, await linksAgain(blob.bytes))) {
          found.set(blob.hash, { found: blob.bytes.length, links: true });
        }
      }
      progress({ blobs, bytes, damaged: found.size });
      if (page.next === null) return { blobs, bytes, found };
      after = page.next;
      await setImmediate();
    }
  } catch (error) {
    ignoreDamage(error);
    return { blobs, bytes, found, problem: `blobs: ${(error as ModcastError).message}` };
  }
}

/** @returns how many there were */
async function dropDamagedDerived(store: Store): Promise<number> {
  let dropped = 0;
  for (let after = 0; ;) {
    const { items, next } = await store.derivedPage(after, PAGE_BLOBS);
    const damaged = items.filter(({ hash, bytes }) => blake3(bytes) !== hash);
    if (damaged.length > 0) await store.dropDerived(damaged);
    dropped += damaged.length;
    if (next === null) return dropped;
    after = next;
    await setImmediate();
  }
}

/** Whether the database was replaced by a sound one, with the rows that a copy of it still has. */
async function isRebuilt({ database, source }: VerifyOptions): Promise<boolean> {
  if (database === undefined || source?.database === undefined) return false;
  const made = `${database}-repair`;
  try {
    if (!(await rebuildDatabase(database, source.database, made))) return false;
    const store = await openSqliteStore(made, { create: false });
    const { sound } = await verifyStore({ store, source: null }).finally(() => store.close());
    if (sound) await replaceDatabase(database, made);
    return sound;
  } finally {
    await removeDatabase(made);
  }
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
  return replace(store, { hash, bytes, links });
}

/** The source is not asked: links follow from the bytes. */
async function repairLinks(store: Store, hash: Hash): Promise<boolean> {
  const [blob] = await store.blobs([hash]);
  if (blob === undefined || blake3(blob.bytes) !== hash) return false;
  return replace(store, { ...blob, links: await linksAgain(blob.bytes) });
}

async function replace(store: Store, blob: StoredBlob): Promise<boolean> {
  try {
    await store.repairBlob(blob);
    return true;
  } catch (error) {
    // The collector has deleted the blob in the meantime.
    if (error instanceof ModcastError && error.code === 'blob-unknown') return true;
    throw error;
  }
}

/** Reads every deploy's changes. Slow, but only for a damaged store. */
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
        // The check of the manifests reports what cannot be read.
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

/** The modules that a deploy added or changed; all of them when its parent was collected. */
async function newIn(store: Store, number: number): Promise<[Path, Hash][]> {
  const changes = await store.changes(number);
  if (changes !== null)
    return changes.flatMap(({ path, after }) => (after === null ? [] : [[path, after.hash]]));
  const manifest = await store.manifest(number);
  return [...(manifest?.modules ?? [])].map(([path, { hash }]) => [path, hash]);
}
