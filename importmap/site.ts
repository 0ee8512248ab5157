import { isModuleType, type Manifest, type ManifestModule } from '../schema/manifest.js';
import { pathFromUrl, pathToUrl, type Path } from '../schema/path.js';

/** Resolves a site's paths and specifiers where its real URL is unknown or does not matter. */
export const PLACEHOLDER_ROOT = 'https://site.invalid/';

/** The same for a site below a path. @param base starts and ends with "/" */
export const placeholderRoot = (base: string): string => PLACEHOLDER_ROOT + base.slice(1);

/** A manifest with the URL of the site. `root` is the URL of the site's root directory; it ends with "/". */
export interface Site {
  readonly root: string;
  readonly manifest: Manifest;
}

/** A module of the site at one of its URLs. Another query or fragment is another instance. */
export interface SiteModule extends ManifestModule {
  readonly path: Path;
  readonly url: string;
}

/** The URL of a path. The root is one that the URL parser has returned, and needs no parsing again. */
export const naturalUrl = (root: string, path: Path): string => root + pathToUrl(path);

/** The URL for which `placeOfUrl` stands. */
export const urlOfPlace = (root: string, place: string): string => new URL(place.slice(1), root).href;

/** The path of a URL under `root`, without query and fragment; undefined if the URL is elsewhere. */
export function pathOfUrl(root: string, url: string): Path | undefined {
  if (!url.startsWith(root)) return undefined;
  return pathFromUrl(/^[^?#]*/.exec(url.slice(root.length))![0]);
}

/** The file of the site at `url`, if the manifest has one: a module, a page or an asset. */
export function fileAt(site: Site, url: string): SiteModule | undefined {
  const path = pathOfUrl(site.root, url);
  const module = path === undefined ? undefined : site.manifest.modules.get(path);
  return module === undefined ? undefined : { ...module, path: path!, url };
}

/** The module of the site at `url`, if the manifest has one. Other files are left to the browser. */
export function moduleAt(site: Site, url: string): SiteModule | undefined {
  const file = fileAt(site, url);
  return file !== undefined && isModuleType(file.type) ? file : undefined;
}
