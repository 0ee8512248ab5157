import { manifestOfUrl } from '../../../importmap/deploy-url.js';
import { naturalUrl } from '../../../importmap/site.js';
import type { LoaderConfig } from '../../config.js';
import type { Manifest } from '../../../schema/manifest.js';
import { pathFromUrl, type Path } from '../../../schema/path.js';

/** Paths whose blob differs between two manifests, or that only one of them has. */
export function changedPaths(from: Manifest, to: Manifest): Path[] {
  const changed: Path[] = [];
  for (const [path, { hash }] of to.modules) if (from.modules.get(path)?.hash !== hash) changed.push(path);
  for (const path of from.modules.keys()) if (!to.modules.has(path)) changed.push(path);
  return changed;
}

type PageConfig = Pick<LoaderConfig, 'root' | 'hot'>;

/**
 * The files that the server looks for at the current URL of the page, in its order. Empty when the page is
 * not below the site's root.
 */
function filesOfUrl(root: string): Path[] {
  const url = location.origin + location.pathname;
  if (!url.startsWith(root)) return [];
  const rest = url.slice(root.length);
  const names =
    rest === '' || rest.endsWith('/')
      ? [`${rest}index.html`, `${rest.slice(0, -1)}.html`]
      : [rest, `${rest}.html`, `${rest}/index.html`];
  return names.map(pathFromUrl).filter((path) => path !== undefined);
}

/** The path of this page's HTML in the site. Undefined when the page is not below the site's root. */
export const pagePath = ({ root, hot }: PageConfig): Path | undefined => hot?.file ?? filesOfUrl(root)[0];

/** A file that the server now shows at the page's URL instead of this page: it did not exist before. */
export function newPage({ root, hot }: PageConfig, from: Manifest, to: Manifest): Path | undefined {
  const files = filesOfUrl(root);
  const shown = hot?.file ? files.indexOf(hot.file) : 0;
  const before = shown === -1 ? files : files.slice(0, shown);
  return before.find((path) => to.modules.has(path) && !from.modules.has(path));
}

export interface LoadedOptions {
  /** The registry's prefix, for files of `modcast.url`. */
  readonly prefix?: string;
  /** Leaves out what elements and style sheets load. */
  readonly byScript: boolean;
  /** From then on, it is known which modules workers have loaded from their deploy. */
  readonly watchedSince: number;
}

/** Whether the page, or the worker that asks, has loaded a file by its natural URL or by one of a deploy. */
export function hasLoaded(
  root: string,
  path: Path,
  { prefix, byScript, watchedSince }: LoadedOptions,
): boolean {
  const url = naturalUrl(root, path);
  const below = url.slice(root.length);
  const deploys = `${prefix ?? ''}deploys/`;
  const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  return loaded.some(({ name, responseStatus, initiatorType, startTime }) => {
    if (byScript && !/^(?:fetch|xmlhttprequest)$/.test(initiatorType)) return false;
    if (startTime >= watchedSince && manifestOfUrl(name) !== undefined) return false;
    // A request that failed loaded nothing.
    if (responseStatus >= 400) return false;
    const plain = /^[^?#]*/.exec(name)![0];
    return (
      plain === url || (plain.startsWith(deploys) && plain.slice(deploys.length).endsWith(`/at/${below}`))
    );
  });
}
