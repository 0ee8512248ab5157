import { naturalUrl } from '../../../importmap/site.js';
import type { Manifest } from '../../../schema/manifest.js';
import { pathFromUrl, type Path } from '../../../schema/path.js';

/** Paths whose blob is another one, or which only one of the two has. */
export function changedPaths(from: Manifest, to: Manifest): Path[] {
  const changed: Path[] = [];
  for (const [path, { hash }] of to.modules) if (from.modules.get(path)?.hash !== hash) changed.push(path);
  for (const path of from.modules.keys()) if (!to.modules.has(path)) changed.push(path);
  return changed;
}

/** The file of the site that this page came from; undefined when it lies elsewhere. */
export function pagePath(root: string): Path | undefined {
  const url = location.origin + location.pathname;
  if (!url.startsWith(root)) return undefined;
  const rest = url.slice(root.length);
  return rest === '' || rest.endsWith('/') ? pathFromUrl(`${rest}index.html`) : pathFromUrl(rest);
}

/** Whether the page has loaded a file by its natural URL, or as a worker does, at its URL below a deploy. */
export function hasLoaded(root: string, prefix: string, path: Path): boolean {
  const url = naturalUrl(root, path);
  const below = url.slice(root.length);
  const deploys = `${prefix}deploys/`;
  const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  return loaded.some(({ name, responseStatus }) => {
    // What was asked for in vain somebody waits for in another way.
    if (responseStatus >= 400) return false;
    const plain = /^[^?#]*/.exec(name)![0];
    return (
      plain === url || (plain.startsWith(deploys) && plain.slice(deploys.length).endsWith(`/at/${below}`))
    );
  });
}
