import type { Manifest, ManifestModule } from '../schema/manifest.js';
import { pathFromUrl, pathToUrl, type Path } from '../schema/path.js';

/** Resolves a site's paths and specifiers where its real URL is unknown or does not matter. */
export const PLACEHOLDER_ROOT = 'https://site.invalid/';

/** A manifest in its place on the web. `root` is the URL under which the site's paths lie; it ends with "/". */
export interface Site {
  readonly root: string;
  readonly manifest: Manifest;
}

/** A module of the site under one of its URLs: with another query or fragment it is another instance. */
export interface SiteModule extends ManifestModule {
  readonly path: Path;
  readonly url: string;
}

export const naturalUrl = (root: string, path: Path): string => new URL(root + pathToUrl(path)).href;

/** The path that a URL names under `root`; undefined when it lies elsewhere. Query and fragment do not matter. */
export function pathOfUrl(root: string, url: string): Path | undefined {
  if (!url.startsWith(root)) return undefined;
  return pathFromUrl(/^[^?#]*/.exec(url.slice(root.length))![0]);
}

/** The module that the site has at `url`, if the manifest holds one. */
export function moduleAt(site: Site, url: string): SiteModule | undefined {
  const path = pathOfUrl(site.root, url);
  const module = path === undefined ? undefined : site.manifest.modules.get(path);
  return module === undefined ? undefined : { ...module, path: path!, url };
}
