import { byCodeUnit, PACKAGES_FILES, parsePackagePath } from '../../schema/index.js';
import type { Change } from './comparison.js';

/** What changed in a package, of which a deploy has some files. */
export interface PackageChange {
  readonly name: string;
  /** Versions that lost files or whose files changed, in the order of their names. */
  readonly before: readonly string[];
  /** Versions that got files or whose files changed. */
  readonly after: readonly string[];
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/**
 * Takes the files of packages out of a list of changes: an update of a package changes all of its paths.
 * Their import map and their list follow from them.
 */
export function splitPackageChanges(changes: readonly Change[]): {
  readonly packages: readonly PackageChange[];
  /** What is said about packages, if no package changed. */
  readonly derived: readonly Change[];
  readonly others: readonly Change[];
} {
  const names = new Map<string, { before: Set<string>; after: Set<string>; counts: number[] }>();
  const others: Change[] = [];
  for (const change of changes) {
    const to = parsePackagePath(change.path);
    const from = change.oldPath === null ? to : parsePackagePath(change.oldPath);
    const name = (to ?? from)?.name;
    if (name === undefined) {
      others.push(change);
      continue;
    }
    const known = names.get(name) ?? { before: new Set(), after: new Set(), counts: [0, 0, 0] };
    names.set(name, known);
    if (change.before !== null && from !== null) known.before.add(from.version);
    if (change.after !== null && to !== null) known.after.add(to.version);
    const kind = change.before === null ? 0 : change.after === null ? 2 : 1;
    known.counts[kind]!++;
  }
  const packages = [...names]
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([name, { before, after, counts }]): PackageChange => {
      const [added, changed, removed] = counts as [number, number, number];
      return { name, before: [...before].toSorted(), after: [...after].toSorted(), added, changed, removed };
    });
  const isDerived = ({ path }: Change) => PACKAGES_FILES.includes(path);
  return {
    packages,
    derived: packages.length > 0 ? [] : others.filter(isDerived),
    others: others.filter((change) => !isDerived(change)),
  };
}

/** `lit 3.2.1 → 3.3.0 (12 files)` */
export function packageChangeText({ name, before, after, added, changed, removed }: PackageChange): string {
  const isSame = before.join() === after.join();
  const isUpdate = !isSame && before.length > 0 && after.length > 0;
  const files = isUpdate ? Math.max(added, removed) + changed : added + changed + removed;
  const done = before.length === 0 ? ' added' : after.length === 0 ? ' removed' : isSame ? ' changed' : '';
  const versions = isUpdate
    ? `${before.join(', ')} → ${after.join(', ')}`
    : [...new Set([...before, ...after])].join(', ');
  return `${name} ${versions} (${files} file${files === 1 ? '' : 's'}${done})`;
}
