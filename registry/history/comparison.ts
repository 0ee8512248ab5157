import { byCodeUnit, type Manifest, type ManifestModule, type Path } from '../../schema/index.js';
import type { ModuleChange } from '../store/store.js';

export type Status = 'added' | 'modified' | 'deleted' | 'renamed';

/** A changed module between two manifests. */
export interface Change {
  readonly status: Status;
  /** The current path, or the last one of a deleted module. */
  readonly path: Path;
  /** The previous path of a renamed module. */
  readonly oldPath: Path | null;
  /** Null for an added module. */
  readonly before: ManifestModule | null;
  /** Null for a deleted module. */
  readonly after: ManifestModule | null;
  /** Percentage of a renamed module's content that stayed, rounded down. 100 only for equal bytes. */
  readonly similarity: number | null;
}

/** The letters of `git diff --name-status`. */
export const STATUS_LETTERS: { readonly [status in Status]: string } = {
  added: 'A',
  modified: 'M',
  deleted: 'D',
  renamed: 'R',
};

export const isSame = (a: ManifestModule | undefined, b: ManifestModule | undefined): boolean =>
  a?.hash === b?.hash && a?.type === b?.type;

function toChange({ path, before, after }: ModuleChange): Change {
  const status = before === null ? 'added' : after === null ? 'deleted' : 'modified';
  return { status, path, oldPath: null, before, after, similarity: null };
}

/** The changes of a deploy as the store lists them, sorted by path. Without renames. */
export const toStatus = (changes: readonly ModuleChange[]): Change[] => changes.map(toChange);

/** The changes from `before` to `after`, sorted by path. Without renames. */
export function compareManifests(before: Manifest, after: Manifest): Change[] {
  const changes: Change[] = [];
  for (const [path, module] of after.modules) {
    const old = before.modules.get(path);
    if (!isSame(old, module)) changes.push(toChange({ path, before: old ?? null, after: module }));
  }
  for (const [path, module] of before.modules) {
    if (!after.modules.has(path)) changes.push(toChange({ path, before: module, after: null }));
  }
  return changes.toSorted((a, b) => byCodeUnit(a.path, b.path));
}

/** Whether a path is in the list, or in a directory of the list. An empty list matches all. */
export function isSelected(path: Path, selected: readonly string[]): boolean {
  if (selected.length === 0) return true;
  return selected.some((name) => {
    const plain = name.replace(/^\.\//, '').replace(/\/+$/, '');
    return plain === '' || plain === '.' || path === plain || path.startsWith(`${plain}/`);
  });
}

/** Whether one of the paths is that of the file or in the directory. */
export function hasPath(paths: Iterable<Path>, wanted: string): boolean {
  for (const path of paths) if (isSelected(path, [wanted])) return true;
  return false;
}
