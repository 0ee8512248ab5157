import type { Path } from './path.js';

/** The directory of a deploy with the files of packages, and with their import map. */
export const PACKAGES_PREFIX = 'npm/';

/** The import map for packages, as a file of a deploy. Its addresses are relative to the site's root. */
export const PACKAGES_MAP: Path = `${PACKAGES_PREFIX}importmap.json`;

/** A file of a package in a deploy: `npm/@scope/name@1.2.3/lib/x.js`. */
export interface PackagePath {
  /** `@scope/name` */
  readonly name: string;
  readonly version: string;
  /** `lib/x.js` */
  readonly file: string;
}

/** Null for a path that is no package's. */
export function parsePackagePath(path: Path): PackagePath | null {
  const [, name, version, file] = /^npm\/((?:@[^/]+\/)?[^/@]+)@([^/]+)\/(.+)$/.exec(path) ?? [];
  return name === undefined ? null : { name, version: version!, file: file! };
}

/** Whether a path belongs to packages: one of their files, or their import map. */
export const isPackagePath = (path: Path): boolean =>
  path === PACKAGES_MAP || parsePackagePath(path) !== null;

/** The package and the subpath of a bare specifier: `lit/html.js` is `lit` and `./html.js`. */
export function splitSpecifier(
  specifier: string,
): { readonly name: string; readonly subpath: string } | null {
  const [, name, rest = ''] = /^((?:@[^/\s]+\/)?[^./@\s:#][^/\s:]*)(\/.*)?$/.exec(specifier) ?? [];
  return name === undefined ? null : { name, subpath: `.${rest}` };
}
