import type { Channel, ManifestModule, Path } from '../../schema/index.js';
import type { PathVersion, Store } from '../store/store.js';

export type VersionStore = Pick<Store, 'versions' | 'changes'>;

/** One content of a module, on the way back through its channel's deploys. */
export interface ModuleVersion extends ManifestModule {
  readonly path: Path;
  /** The deploy that brought it. */
  readonly from: number;
  /** The deploy that ended it; null while it is there. */
  readonly to: number | null;
  /** Where the deploy that brought it took it from, unchanged; null when it did not. */
  readonly movedFrom: Path | null;
  /** The content that `from` replaced; null when there was none. Of a moved one the same bytes at the old path. */
  readonly previous: (ManifestModule & { readonly path: Path }) | null;
}

/** Where a deploy took a module from: a path that lost these bytes at the deploy at which this one got them. */
async function sourceOf(store: VersionStore, path: Path, version: PathVersion): Promise<Path | null> {
  if (version.size === 0) return null;
  const changes = (await store.changes(version.from)) ?? [];
  const sources = changes.filter(({ before, after }) => after === null && before?.hash === version.hash);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const named = sources.find((source) => source.path.slice(source.path.lastIndexOf('/') + 1) === name);
  return (named ?? sources[0])?.path ?? null;
}

/**
 * What a module was on its channel, newest first, from the version that a deploy has backwards; with `follow` through
 * moves with unchanged content. A path that had been deleted in between is found again below, when it was not moved.
 *
 * @param upTo the newest deploy that counts
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
