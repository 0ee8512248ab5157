import { byCodeUnit, type Manifest, type ManifestModule, type Path } from '../../schema/index.js';
import type { ModuleChange } from '../store/store.js';

export type Status = 'added' | 'modified' | 'deleted' | 'renamed';

/** What became of a module between two manifests. */
export interface Change {
  readonly status: Status;
  /** Where it is; of a deleted one where it was. */
  readonly path: Path;
  /** Where a renamed one was. */
  readonly oldPath: Path | null;
  /** Null for an added one. */
  readonly before: ManifestModule | null;
  /** Null for a deleted one. */
  readonly after: ManifestModule | null;
  /** Per cent of a renamed one's content that stayed, rounded down: 100 only for the same bytes. */
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

/** What a deploy's changes, as the store has them, are called; sorted by path, no renames yet. */
export const toStatus = (changes: readonly ModuleChange[]): Change[] => changes.map(toChange);

/** What makes `after` of `before`, sorted by path, no renames yet. */
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

/** Whether a path is one of those asked for, or lies in a directory that is. None asked for: all are. */
export function isSelected(path: Path, selected: readonly string[]): boolean {
  if (selected.length === 0) return true;
  return selected.some((name) => {
    const plain = name.replace(/^\.\//, '').replace(/\/+$/, '');
    return plain === '' || plain === '.' || path === plain || path.startsWith(`${plain}/`);
  });
}
