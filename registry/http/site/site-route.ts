import type { Path } from '../../../schema/index.js';
import type { SiteFile, SiteSource } from './site-source.js';

/** A plain path of a request, without the slash at its end. */
interface AskedPath {
  readonly path: Path;
  /** There is a slash, or it is the root. */
  readonly directory: boolean;
}

/** What the site has at a path. `name` is the file's. `redirect`: what to do with the slash at the end. */
export type SiteRoute =
  | { readonly kind: 'file'; readonly name: Path; readonly file: SiteFile }
  | { readonly kind: 'redirect'; readonly slash: 'add' | 'remove' };

/**
 * What the site has at a path, as on hosts of static files.
 *
 * - `/about` is the file `about`, else `about.html`, else leads to `/about/` if that has an index.
 * - `/about/` is `about/index.html`, else leads to `/about` if that is `about.html`.
 */
export async function siteRoute(
  source: SiteSource,
  { path, directory }: AskedPath,
): Promise<SiteRoute | undefined> {
  const index = path === '' ? 'index.html' : `${path}/index.html`;
  if (directory) {
    const file = await source.find(index);
    if (file !== undefined) return { kind: 'file', name: index, file };
    const page = path === '' ? undefined : await fileRoute(source, path);
    return page === undefined || page.name === path ? undefined : { kind: 'redirect', slash: 'remove' };
  }
  const found = await fileRoute(source, path);
  if (found !== undefined) return found;
  return (await source.find(index)) === undefined ? undefined : { kind: 'redirect', slash: 'add' };
}

async function fileRoute(
  source: SiteSource,
  path: Path,
): Promise<Extract<SiteRoute, { kind: 'file' }> | undefined> {
  for (const name of [path, `${path}.html`]) {
    const file = await source.find(name);
    if (file !== undefined) return { kind: 'file', name, file };
  }
  return undefined;
}
