import { byCodeUnit, isModuleType, type Hash } from '../../schema/index.js';
import { moduleKind } from '../content/media-type.js';
import { VerifiedBlobs } from '../content/verified-blobs.js';
import { Catalog } from '../content/catalog.js';
import { Packs, type Bases } from '../content/packs.js';
import type { Deploy } from '../store/store.js';
import type { Snapshot } from './snapshot.js';

/** What a client with one manifest has to load to run another. */
export interface Cost {
  readonly blobs: number;
  /** Bytes of those blobs, unchanged. */
  readonly bytes: number;
  /** Bytes in packs: with links and headers, compressed, and as a delta where that is smaller. */
  readonly packed: number;
  /**
   * Missing blobs of JavaScript that are not sent, because no entry imports them. Style sheets and JSON that
   * no module imports are files that a page links or fetches: they are no part of the cost.
   */
  readonly unreached: number;
}

/** A directory is not a deploy. Only the manifest's hash matters here. */
const NO_DEPLOY: Omit<Deploy, 'manifest'> = {
  number: 0,
  channel: 'dev',
  time: 0,
  author: '',
  message: '',
  parent: null,
  commit: null,
  added: 0,
  changed: 0,
  removed: 0,
  modules: 0,
  bytes: 0,
};

/**
 * Computes the blobs that a site's pages import and that the client lacks, and the size of the server's
 * packs. For a site without pages: all modules that the client lacks.
 */
export async function updateCost(before: Snapshot, after: Snapshot): Promise<Cost> {
  const [from, to] = [await before.manifest(), await after.manifest()];
  const blobs = new VerifiedBlobs({
    store: after.store,
    channel: after.deploy?.channel ?? 'dev',
    directory: null,
    onDamaged: () => {},
  });
  const sizes = new Map([...to.modules.values()].map((module) => [module.hash, module.size]));
  let hashes: readonly Hash[];
  let first = 0;
  let bases: Bases | undefined;
  const held = new Set([...from.modules.values()].map((module) => module.hash));
  // Pages and assets come over HTTP, when the browser asks for them.
  const modules = [...to.modules]
    .filter(([, { type, hash }]) => isModuleType(type) && !held.has(hash))
    .toSorted(([a], [b]) => byCodeUnit(a, b));
  if (to.entries.length === 0) {
    hashes = [...new Set(modules.map(([, { hash }]) => hash))];
  } else {
    const deploy = after.deploy ?? { ...NO_DEPLOY, manifest: after.hash };
    ({ hashes, first, bases } = await new Catalog(after.store, blobs).shipment(
      { deploy, manifest: to },
      { hash: before.hash, manifest: from, isPublic: true },
      [],
    ));
  }
  const packs = new Packs(blobs, { cacheBytes: 0 });
  const plan = packs.plan(hashes, (hash) => sizes.get(hash) ?? 0, first);
  let packed = 0;
  for (const segment of plan.segments) packed += (await packs.segment(segment, bases)).length;
  const sent = new Set(hashes);
  const scripts = modules.filter(
    ([, { type, hash }]) => moduleKind(type) === 'javascript' && !sent.has(hash),
  );
  const unreached = new Set(scripts.map(([, { hash }]) => hash)).size;
  return { blobs: plan.count, bytes: plan.bytes, packed, unreached };
}
