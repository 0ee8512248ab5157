import { byCodeUnit, pathToUrl, type Path } from '../../schema/index.js';

/** What a specifier means in one file. */
export interface MapRule {
  /** Of the deploy. */
  readonly importer: Path;
  /** The directory of the importer's package, `npm/lit@3.3.0/`. Null for a file of the site. */
  readonly package: string | null;
  readonly specifier: string;
  readonly target: Path;
}

/** An import map whose addresses and scopes are relative to the site's root, with sorted keys. */
export interface PackageMap {
  readonly imports: Readonly<Record<string, string>>;
  readonly scopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const address = (path: string): string => `./${pathToUrl(path)}`;

/**
 * The import map of rules: `imports` has what files of the site import, and a scope for each package what its
 * files import, as far as `imports` does not say the same. A specifier that means something else in some
 * files gets scopes of those files.
 */
export function packageMap(rules: readonly MapRule[]): PackageMap {
  const imports = new Map<string, Path>();
  const scopes = new Map<string, Map<string, Path>>();
  const inScope = (scope: string): Map<string, Path> => {
    const found = scopes.get(scope) ?? new Map<string, Path>();
    scopes.set(scope, found);
    return found;
  };
  for (const [, group] of grouped(
    rules.filter((rule) => rule.package === null),
    ({ specifier }) => specifier,
  )) {
    const usual = usualTarget(group);
    imports.set(group[0]!.specifier, usual);
    for (const { importer, specifier, target } of group) {
      if (target !== usual) inScope(scopeOf(importer)).set(specifier, target);
    }
  }
  const inPackages = rules.filter((rule) => rule.package !== null);
  for (const [, group] of grouped(inPackages, (rule) => `${rule.package} ${rule.specifier}`)) {
    const { package: directory, specifier } = group[0]!;
    const usual = usualTarget(group);
    if (imports.get(specifier) !== usual) inScope(directory!).set(specifier, usual);
    for (const { importer, target } of group) if (target !== usual) inScope(importer).set(specifier, target);
  }
  return {
    imports: sorted(imports, address),
    scopes: Object.fromEntries(
      [...scopes]
        .toSorted(([a], [b]) => byCodeUnit(a, b))
        .map(([scope, found]) => [address(scope), sorted(found, address)]),
    ),
  };
}

/** A page is also shown at the URL of its directory. */
const scopeOf = (importer: Path): string =>
  importer.endsWith('.html') ? importer.slice(0, importer.lastIndexOf('/') + 1) : importer;

/** The target that most files mean. */
function usualTarget(group: readonly MapRule[]): Path {
  const counts = new Map<Path, number>();
  for (const { target } of group) counts.set(target, (counts.get(target) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || byCodeUnit(a, b))[0]![0];
}

function grouped<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

const sorted = <V, W>(map: ReadonlyMap<string, V>, value: (one: V) => W): Record<string, W> =>
  Object.fromEntries(
    [...map].toSorted(([a], [b]) => byCodeUnit(a, b)).map(([key, one]) => [key, value(one)]),
  );
