import type { Path } from './path.js';

/** The directory of a deploy with the files of packages, and with their import map. */
export const PACKAGES_PREFIX = 'npm/';

/** The import map for packages, as a file of a deploy. Its addresses are relative to the site's root. */
export const PACKAGES_MAP: Path = `${PACKAGES_PREFIX}importmap.json`;

/** What is known of a deploy's packages besides their files, as a file of the deploy: licenses, for one. */
export const PACKAGES_LIST: Path = `${PACKAGES_PREFIX}packages.json`;

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

/** Files of a deploy that say something about its packages. They follow from what is installed. */
export const PACKAGES_FILES: readonly Path[] = [PACKAGES_MAP, PACKAGES_LIST];

/** Whether a path belongs to packages: one of their files, or what is said about them. */
export const isPackagePath = (path: Path): boolean =>
  PACKAGES_FILES.includes(path) || parsePackagePath(path) !== null;

/** The package and the subpath of a bare specifier: `lit/html.js` is `lit` and `./html.js`. */
export function splitSpecifier(
  specifier: string,
): { readonly name: string; readonly subpath: string } | null {
  const [, name, rest = ''] = /^((?:@[^/\s]+\/)?[^./@\s:#][^/\s:]*)(\/.*)?$/.exec(specifier) ?? [];
  return name === undefined ? null : { name, subpath: `.${rest}` };
}
