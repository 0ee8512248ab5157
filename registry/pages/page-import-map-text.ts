import {
  PLACEHOLDER_ROOT,
  packageRulesFor,
  withoutPackageRules,
  parseUrl,
  type ImportMap,
  type ImportMapJson,
} from '../../importmap/index.js';
import { asciiJson } from './page-edits.js';

/** An absolute URL of the site as a path from the origin's root. */
const asPath = (url: string): string =>
  url.startsWith(PLACEHOLDER_ROOT) ? url.slice(PLACEHOLDER_ROOT.length - 1) : url;

const rulesJson = (rules: ReadonlyMap<string, string | null>): Record<string, string | null> =>
  Object.fromEntries(
    [...rules].toReversed().map(([key, url]) => [asPath(key), url === null ? null : asPath(url)]),
  );

export interface OwnImportMap {
  /** Its text. */
  readonly text: string;
  /** Its base URL. */
  readonly base: string;
  readonly map: ImportMap;
}

/**
 * The import map of a page in a site with packages, as ASCII text of an import map element: the author's
 * entries as they are written, and the rules of packages that they leave. Null where nothing is added.
 *
 * @param root URL of the site's root, as `placeholderRoot` returns it
 * @param own null for a page without an import map, and for one that does not parse
 */
export function importMapText(
  own: OwnImportMap | null,
  packages: ImportMap,
  root = PLACEHOLDER_ROOT,
): string | null {
  const added = own === null ? packages : packageRulesFor(withoutPackageRules(own.map, root), packages);
  if (added.imports.size + added.scopes.size === 0) return null;
  const written = own === null ? {} : (JSON.parse(own.text) as ImportMapJson);
  const scopes: Record<string, Record<string, string | null>> = { ...written.scopes };
  const ownScopes = Object.keys(scopes);
  for (const [scope, rules] of [...added.scopes].toReversed()) {
    // The same scope may be written in another way, and the last one counts.
    const key = ownScopes.findLast((one) => parseUrl(one, own!.base) === scope) ?? asPath(scope);
    scopes[key] = { ...scopes[key], ...rulesJson(rules) };
  }
  const json: ImportMapJson = {
    ...written,
    imports: { ...written.imports, ...rulesJson(added.imports) },
    ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
  };
  // As many lines as before: engines count the lines of what follows.
  const lines = own === null ? '' : own.text.replace(/[^\n]/g, '');
  return asciiJson(json).replaceAll('<', String.raw`\u003c`) + lines;
}
