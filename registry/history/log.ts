import type { Channel, Hash, Path } from '../../schema/index.js';
import type { Deploy, Store } from '../store/store.js';
import { toStatus, type Change } from './comparison.js';
import { readBlob, textsOf } from './read-blob.js';
import { countLines, splitLines, type LineCounts } from './lines.js';
import { findRenames } from './renames.js';
import { moduleVersions } from './versions.js';

/** A change of a module by one deploy. */
export interface ModuleEntry {
  readonly change: Change;
  readonly deploy: Deploy | null;
  /** Number of `deploy`, also when that was collected. */
  readonly number: number;
  /** The last deploy with this content. Null for the newest version and for a deletion. */
  readonly last: number | null;
  /** Null when it is not text. */
  readonly lines: LineCounts | null;
  /** Change of the size in bytes. */
  readonly growth: number;
}

/** Deploys in one page. */
const PAGE = 100;

/** A channel's deploys from `upTo` on, newest first. */
export async function* channelDeploys(
  store: Pick<Store, 'deploys'>,
  channel: Channel | undefined,
  upTo: number,
): AsyncGenerator<Deploy> {
  for (let before = upTo + 1; ;) {
    const page = await store.deploys({ ...(channel === undefined ? {} : { channel }), before, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    before = page.at(-1)!.number;
  }
}

/**
 * The changes of a deploy against its parent, with renames of the site's own files. Null when its parent was
 * collected.
 */
export async function deployChanges(store: Store, number: number): Promise<Change[] | null> {
  const changes = await store.changes(number);
  if (changes === null) return null;
  const read = (hash: Hash) => readBlob(store, hash);
  return findRenames(toStatus(changes), { readBefore: read, readAfter: read });
}

/** Every path that a channel has had up to a deploy, those of that deploy first. */
export async function pathsOf(store: Store, channel: Channel, upTo: number): Promise<Path[]> {
  const paths = new Set<Path>();
  for await (const { number } of channelDeploys(store, channel, upTo)) {
    if (paths.size === 0)
      for (const path of (await store.manifest(number))?.modules.keys() ?? []) paths.add(path);
    for (const { path } of (await store.changes(number)) ?? []) paths.add(path);
  }
  return [...paths];
}

const EMPTY = new Uint8Array();

async function linesOf(store: Store, before: Hash | null, after: Hash | null): Promise<LineCounts | null> {
  if (before === after) return { added: 0, deleted: 0 };
  const bytes = async (hash: Hash | null) => (hash === null ? EMPTY : readBlob(store, hash));
  const both = textsOf(await bytes(before), await bytes(after));
  if (both === undefined) return null;
  const [a, b] = both.texts.map(splitLines);
  return countLines(a!, b!);
}

async function lastBefore(store: Store, channel: Channel, to: number): Promise<number | null> {
  const [last] = await store.deploys({ channel, before: to, limit: 1 });
  return last?.number ?? null;
}

/**
 * Every version of a module, newest first, including deletions. `follow` continues at the old path of a
 * moved module.
 *
 * @param upTo the newest deploy to include
 */
export async function* moduleLog(
  store: Store,
  channel: Channel,
  path: Path,
  upTo: number,
  follow: boolean,
): AsyncGenerator<ModuleEntry> {
  /** The deploy that added the newer version. A version that ended at another deploy was deleted. */
  let above: number | null = null;
  for await (const version of moduleVersions(store, channel, path, upTo, follow)) {
    const { from, to, previous, movedFrom, similarity } = version;
    const module = { hash: version.hash, size: version.size, type: version.type };
    const end = to !== null && to !== above ? await store.deploy(to) : null;
    // Without that deploy, which gc has dropped, it is not known whether it deleted the module.
    if (to !== null && end !== null) {
      yield {
        change: {
          status: 'deleted',
          path: version.path,
          oldPath: null,
          before: module,
          after: null,
          similarity: null,
        },
        deploy: end,
        number: to,
        last: null,
        lines: await linesOf(store, version.hash, null),
        growth: -version.size,
      };
    }
    const before =
      previous === null ? null : { hash: previous.hash, size: previous.size, type: previous.type };
    yield {
      change: {
        status: movedFrom !== null ? 'renamed' : before === null ? 'added' : 'modified',
        path: version.path,
        oldPath: movedFrom,
        before,
        after: module,
        similarity,
      },
      deploy: await store.deploy(from),
      number: from,
      last: to === null ? null : await lastBefore(store, channel, to),
      lines: await linesOf(store, before?.hash ?? null, version.hash),
      growth: version.size - (before?.size ?? 0),
    };
    above = from;
  }
}
