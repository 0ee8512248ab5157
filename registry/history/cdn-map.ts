import type { ImportMapJson } from '../../importmap/index.js';
import {
  PACKAGES_MAP,
  parsePackagePath,
  pathFromUrl,
  splitSpecifier,
  type Manifest,
} from '../../schema/index.js';
import type { Store } from '../store/store.js';
import { readBlob } from './read-blob.js';

/** Public hosts of npm packages as ES modules. */
export type Cdn = 'esm.sh' | 'jspm' | 'unpkg';

/** jspm converts CommonJS, unpkg has files as they are, esm.sh builds entries; `*` keeps imports bare. */
const BASES: { readonly [cdn in Cdn]: string } = {
  'esm.sh': 'https://esm.sh/*',
  jspm: 'https://ga.jspm.io/npm:',
  unpkg: 'https://unpkg.com/',
};

type Rules = Readonly<Record<string, string>>;

/** By a specifier and the file that it means, the address in a map. */
type AddressOf = (specifier: string, file: string) => string;

/**
 * The import map for the packages of a deploy with other addresses. Null where the deploy has no packages.
 * @throws ModcastError `blob-unknown`, `blob-damaged`
 */
async function readdressed(
  store: Pick<Store, 'blobs' | 'links'>,
  { modules }: Manifest,
  addressOf: AddressOf,
  scopeOf: (directory: string) => string,
): Promise<ImportMapJson | null> {
  const hash = modules.get(PACKAGES_MAP)?.hash;
  if (hash === undefined) return null;
  const text = Buffer.from(await readBlob(store, hash)).toString();
  const map = JSON.parse(text) as { imports?: Rules; scopes?: Readonly<Record<string, Rules>> };
  const rules = (found: Rules = {}) =>
    Object.fromEntries(Object.entries(found).map(([key, address]) => [key, addressOf(key, address)]));
  const scopes = Object.entries(map.scopes ?? {}).map(([at, found]) => [scopeOf(at), rules(found)] as const);
  return {
    imports: rules(map.imports),
    ...(scopes.length === 0 ? {} : { scopes: Object.fromEntries(scopes) }),
  };
}

/**
 * The import map for a deploy's packages, with the site's own paths.
 *
 * @param base where browsers find the site; ends with "/"
 * @throws as `cdnMap`
 */
export function siteMap(
  store: Pick<Store, 'blobs' | 'links'>,
  manifest: Manifest,
  base: string,
): Promise<ImportMapJson | null> {
  const place = (address: string) => address.replace(/^\.\//, base);
  return readdressed(store, manifest, (_, address) => place(address), place);
}

/**
 * The import map for a deploy's packages, with the URLs of a public host. Null where the deploy has none.
 * @throws ModcastError `blob-unknown`, `blob-damaged`
 */
export function cdnMap(
  store: Pick<Store, 'blobs' | 'links'>,
  manifest: Manifest,
  cdn: Cdn,
): Promise<ImportMapJson | null> {
  const scopeOf = (directory: string) => directory.replace(/^\.\/npm\//, BASES[cdn]);
  return readdressed(store, manifest, (specifier, address) => urlOf(specifier, address, cdn), scopeOf);
}

/** An address that is no package's stays: it is a file of the site. */
function urlOf(specifier: string, address: string, cdn: Cdn): string {
  const found = parsePackagePath(pathFromUrl(address.slice(2)) ?? '');
  if (found === null) return address;
  const { name, file } = found;
  if (file === '_empty.js') return 'data:text/javascript,export default {}';
  const place = `${BASES[cdn]}${name}@${found.version.replace(/~\d+$/, '')}`;
  const parts = splitSpecifier(specifier);
  if (cdn === 'esm.sh' && parts?.name === name) return place + parts.subpath.slice(1);
  // What was converted has the name of its source there.
  return `${place}/${file.replace(/(\.(?:json|cjs))\.js$/, '$1')}`;
}
