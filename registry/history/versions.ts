import type { Channel, Hash, ManifestModule, Path } from '../../schema/index.js';
import type { PathVersion, Store } from '../store/store.js';
import { toStatus, type Change } from './comparison.js';
import { readBlob } from './read-blob.js';
import { findRenames } from './renames.js';

export type VersionStore = Pick<Store, 'versions' | 'changes' | 'blobs' | 'deploy'>;

/** One version of a module in its channel's history. */
export interface ModuleVersion extends ManifestModule {
  readonly path: Path;
  /** The deploy that added it. */
  readonly from: number;
  /** The deploy that replaced or deleted it. Null when it is current. */
  readonly to: number | null;
  /** The path it was moved from. Null when it was not moved. */
  readonly movedFrom: Path | null;
  /** Percentage of the content that stayed in the move, as in `Change`. Null when it was not moved. */
  readonly similarity: number | null;
  /** The content before this version, of a moved module that at the old path; null when there was none. */
  readonly previous: (ManifestModule & { readonly path: Path }) | null;
}

/** The change by which a deploy moved a module: another path lost at least half of its content. */
async function moveOf(store: VersionStore, path: Path, version: PathVersion): Promise<Change | null> {
  const changes = toStatus((await store.changes(version.from)) ?? []);
  // Only what may be the source of this path, as `git log --follow` does.
  const candidates = changes.filter(({ status, path: at }) => status === 'deleted' || at === path);
  const read = (hash: Hash) => readBlob(store, hash);
  const found = await findRenames(candidates, { readBefore: read, readAfter: read });
  return found.find((change) => change.path === path && change.status === 'renamed') ?? null;
}

/**
 * Whether gc dropped the deploys between a version and the next older one, but for those with tags: then it
 * is not known what happened in between.
 */
async function isGap(store: VersionStore, version: PathVersion, below: PathVersion): Promise<boolean> {
  if (below.to === null || (await store.deploy(below.to)) !== null) return false;
  return (await store.changes(version.from)) === null;
}

/**
 * The versions of a module, newest first, starting with the one of a deploy. `follow` continues at the old
 * path of a moved module, also when it was edited. A path that was deleted in between is found again, unless
 * it was moved.
 *
 * @param upTo the newest deploy to include
 */
export async function* moduleVersions(
  store: VersionStore,
  channel: Channel,
  path: Path,
  upTo: number,
  follow: boolean,
): AsyncGenerator<ModuleVersion> {
  let at = path;
  let limit = upTo;
  for (;;) {
    const versions = (await store.versions(channel, at)).filter((version) => version.from <= limit);
    let next: Path | null = null;
    for (const [index, version] of versions.entries()) {
      const below = versions[index + 1];
      const isReplaced =
        below !== undefined && (below.to === version.from || (await isGap(store, version, below)));
      const replaced = isReplaced ? { ...below, path: at } : null;
      const move = replaced === null && follow ? await moveOf(store, at, version) : null;
      const movedFrom = move?.oldPath ?? null;
      const previous = movedFrom === null ? replaced : { ...move!.before!, path: movedFrom };
      const to = version.to !== null && version.to > upTo ? null : version.to;
      yield { ...version, to, path: at, movedFrom, similarity: move?.similarity ?? null, previous };
      if (movedFrom === null) continue;
      next = movedFrom;
      limit = version.from - 1;
      break;
    }
    if (next === null) return;
    at = next;
  }
}
