import type { Channel, ManifestModule, Path } from '../../schema/index.js';
import type { PathVersion, Store } from '../store/store.js';

export type VersionStore = Pick<Store, 'versions' | 'changes'>;

/** One version of a module in its channel's history. */
export interface ModuleVersion extends ManifestModule {
  readonly path: Path;
  /** The deploy that added it. */
  readonly from: number;
  /** The deploy that replaced or deleted it. Null when it is current. */
  readonly to: number | null;
  /** The path it was moved from, unchanged. Null when it was not moved. */
  readonly movedFrom: Path | null;
  /**
   * The content before this version; null when there was none. For a moved module: the same bytes at the old
   * path.
   */
  readonly previous: (ManifestModule & { readonly path: Path }) | null;
}

/** The path a deploy moved a module from: one that lost these bytes in the same deploy. */
async function sourceOf(store: VersionStore, path: Path, version: PathVersion): Promise<Path | null> {
  if (version.size === 0) return null;
  const changes = (await store.changes(version.from)) ?? [];
  const sources = changes.filter(({ before, after }) => after === null && before?.hash === version.hash);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const named = sources.find((source) => source.path.slice(source.path.lastIndexOf('/') + 1) === name);
  return (named ?? sources[0])?.path ?? null;
}

/**
 * The versions of a module, newest first, starting with the one of a deploy. `follow` continues at the old
 * path of a move with unchanged content. A path that was deleted in between is found again, unless it was
 * moved.
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
      const replaced = below !== undefined && below.to === version.from ? { ...below, path: at } : null;
      const movedFrom = replaced === null && follow ? await sourceOf(store, at, version) : null;
      const previous = movedFrom === null ? replaced : { ...version, path: movedFrom };
      const to = version.to !== null && version.to > upTo ? null : version.to;
      yield { ...version, to, path: at, movedFrom, previous };
      if (movedFrom === null) continue;
      next = movedFrom;
      limit = version.from - 1;
      break;
    }
    if (next === null) return;
    at = next;
  }
}
