import { parseImportMap, type ImportMap } from '../../importmap/index.js';
import { PACKAGES_LIST, PACKAGES_MAP, type Hash } from '../../schema/index.js';
import type { PackageMap } from './package-map.js';
import type { PackageList } from './package-list.js';
import type { SiteFiles } from './site-names.js';

/** What files of the site say about packages: `modcast export` writes such files. */
export interface Vendored {
  /** Null where the site has no import map of packages. */
  readonly map: { readonly parsed: ImportMap; readonly json: PackageMap } | null;
  /** Null where the site's file is something else. */
  readonly list: PackageList | null;
}

const NOTHING: Vendored = { map: null, list: {} };

/** Reads these files again when one of them has changed. */
export class VendoredFiles {
  #last: { readonly key: string; readonly content: Vendored } | undefined;

  /** @returns the same object for as long as the files are the same */
  async read(site: SiteFiles): Promise<Vendored> {
    const [map, list] = [PACKAGES_MAP, PACKAGES_LIST].map((file) => site.modules.get(file)?.hash);
    if (map === undefined && list === undefined) return NOTHING;
    const key = `${map} ${list}`;
    if (this.#last?.key !== key) {
      const found = await readMap(site, map);
      // Without an import map beside it, the other file has nothing to do with packages.
      const isOther = found === null && list !== undefined;
      this.#last = { key, content: { map: found, list: isOther ? null : await readList(site, list) } };
    }
    return this.#last.content;
  }
}

const textOf = async (site: SiteFiles, hash: Hash): Promise<string> =>
  Buffer.from(await site.bytesOf(hash)).toString('utf8');

async function readMap(site: SiteFiles, hash: Hash | undefined): Promise<Vendored['map']> {
  if (hash === undefined) return null;
  try {
    const text = await textOf(site, hash);
    const { map } = parseImportMap(text, site.root);
    const json = JSON.parse(text) as Partial<PackageMap>;
    return { parsed: map, json: { imports: json.imports ?? {}, scopes: json.scopes ?? {} } };
  } catch {
    return null;
  }
}

async function readList(site: SiteFiles, hash: Hash | undefined): Promise<Vendored['list']> {
  if (hash === undefined) return {};
  try {
    const found: unknown = JSON.parse(await textOf(site, hash));
    return typeof found === 'object' && found !== null && !Array.isArray(found)
      ? (found as PackageList)
      : null;
  } catch {
    return null;
  }
}

/** The rules of both; those of the site's own file win. */
export function joinedMap(map: PackageMap, own: PackageMap | undefined): PackageMap {
  if (own === undefined) return map;
  const scopes: Record<string, Record<string, string>> = {};
  for (const scope of new Set([...Object.keys(map.scopes), ...Object.keys(own.scopes)])) {
    scopes[scope] = { ...map.scopes[scope], ...own.scopes[scope] };
  }
  return { imports: { ...map.imports, ...own.imports }, scopes };
}
