import type { Resolver } from '../../importmap/resolver.js';
import { naturalUrl } from '../../importmap/site.js';
import type { Release } from '../transport/channel-client.js';
import type { HeldPage } from './held-page.js';

/** The natural URLs from which a page starts. */
export function entryUrls(page: HeldPage, resolver: Resolver, release: Release, root: string): string[] {
  const urls = new Set<string>();
  for (const { src, imports, kind, base } of page.scripts) {
    if (kind === 'deferred') continue;
    if (src !== null) urls.add(src);
    // The server has not read this inline script: it may import any of the site's entries.
    const known = imports ?? release.manifest.entries.map((path) => naturalUrl(root, path));
    for (const specifier of known) {
      const resolution = resolver.resolve(specifier, base);
      if (resolution.state === 'resolved') urls.add(resolution.url);
    }
  }
  return [...urls];
}
