import type { ImportMap, SpecifierMap } from './import-map.js';
import { mergeImportMaps } from './merge.js';
import { keyMatches, scopeApplies } from './resolve.js';

/** Whether some rules decide about a key of another import map. */
const decides = (rules: SpecifierMap, key: string): boolean => {
  const asUrl = URL.canParse(key) ? key : undefined;
  return [...rules.keys()].some((own) => keyMatches(own, key, asUrl));
};

/**
 * The rules for packages that a page with the import map `own` takes: those about which its own rules say
 * nothing. So a name that the page maps is the same module everywhere, in packages too.
 */
export function packageRulesFor(own: ImportMap, packages: ImportMap): ImportMap {
  if (own.imports.size + own.scopes.size === 0) return packages;
  const without = (rules: SpecifierMap, isDecided: (key: string) => boolean): SpecifierMap =>
    new Map([...rules].filter(([key]) => !isDecided(key)));
  const isOwn = (key: string) => decides(own.imports, key);
  const scopes = [...packages.scopes].map(([scope, rules]) => {
    const above = [...own.scopes]
      .filter(([ownScope]) => scopeApplies(ownScope, scope))
      .map(([, found]) => found);
    return [
      scope,
      without(rules, (key) => isOwn(key) || above.some((found) => decides(found, key))),
    ] as const;
  });
  return {
    imports: without(packages.imports, isOwn),
    scopes: new Map(scopes.filter(([, rules]) => rules.size > 0)),
    integrity: packages.integrity,
  };
}

/** The import map of a page with its own map in a site with packages. */
export const withPackages = (own: ImportMap, packages: ImportMap): ImportMap =>
  mergeImportMaps(own, packageRulesFor(own, packages)).map;
