import { isPackagePath } from '../schema/package-path.js';
import type { ImportMap, SpecifierMap } from './import-map.js';
import { mergeImportMaps } from './merge.js';
import { keyMatches, scopeApplies } from './resolve.js';
import { pathOfUrl } from './site.js';

/** Whether some rules decide about a key of another import map. */
const decides = (rules: SpecifierMap, key: string): boolean => {
  const asUrl = URL.canParse(key) ? key : undefined;
  return [...rules.keys()].some((own) => keyMatches(own, key, asUrl));
};

const without = (
  rules: SpecifierMap,
  isLeftOut: (key: string, address: string | null) => boolean,
): SpecifierMap => new Map([...rules].filter(([key, address]) => !isLeftOut(key, address)));

const mapRules = (
  map: ImportMap,
  change: (rules: SpecifierMap, scope?: string) => SpecifierMap,
): ImportMap => ({
  imports: change(map.imports),
  scopes: new Map(
    [...map.scopes]
      .map(([scope, rules]) => [scope, change(rules, scope)] as const)
      .filter(([, { size }]) => size > 0),
  ),
  integrity: map.integrity,
});

/**
 * An import map without rules that lead to files of packages: `modcast map --write` has put those into a
 * page, and another version may be installed since.
 *
 * @param root URL of the site's root; it ends with "/"
 */
export function withoutPackageRules(map: ImportMap, root: string): ImportMap {
  const isOfPackage = (_: string, address: string | null) => {
    const path = address === null ? undefined : pathOfUrl(root, address);
    return path !== undefined && isPackagePath(path);
  };
  return mapRules(map, (rules) => without(rules, isOfPackage));
}

/**
 * The rules for packages that a page with the import map `own` takes: those about which its own rules say
 * nothing. So a name that the page maps is the same module everywhere, in packages too.
 */
export function packageRulesFor(own: ImportMap, packages: ImportMap): ImportMap {
  if (own.imports.size + own.scopes.size === 0) return packages;
  return mapRules(packages, (rules, scope) => {
    const above = [...own.scopes].filter(
      ([ownScope]) => scope !== undefined && scopeApplies(ownScope, scope),
    );
    return without(rules, (key) =>
      [own.imports, ...above.map(([, found]) => found)].some((one) => decides(one, key)),
    );
  });
}

/**
 * The import map of a page with its own map in a site with packages.
 * @param root URL of the site's root; it ends with "/"
 */
export function withPackages(own: ImportMap, packages: ImportMap, root: string): ImportMap {
  if (packages.imports.size + packages.scopes.size === 0) return own;
  const plain = withoutPackageRules(own, root);
  return mergeImportMaps(plain, packageRulesFor(plain, packages)).map;
}
