import { naturalUrl, type Site } from '../../importmap/site.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { PooledBlob } from '../cache/blob-pool.js';

/** Bytes after the keyword `import` that are read. */
const AFTER = 200;

const BEGINNING = /^\s*\((?:\s|\/\*.*?\*\/)*[`'"]([^`'"$\\]*\/[^`'"$\\]*)/s;

/** What the computed specifiers of a module begin with: `./pieces/` for `./pieces/${name}.mjs`. */
const beginningsOf = ({ bytes, links }: PooledBlob): string[] =>
  (links?.list ?? []).flatMap((link) => {
    if (link.kind !== 'dynamic' || link.specifier !== undefined) return [];
    const text = new TextDecoder().decode(bytes.subarray(link.end, link.end + AFTER));
    return BEGINNING.exec(text)?.[1] ?? [];
  });

/**
 * Natural URLs that the computed `import()` calls of a module may lead to: those of one directory that begin
 * as the specifier does. None for a specifier without such a beginning.
 */
export function computedImports(blob: PooledBlob, url: string, site: Site, resolver: Resolver): string[] {
  return beginningsOf(blob).flatMap((specifier) => {
    const resolution = resolver.resolve(specifier, url);
    if (resolution.state !== 'resolved') return [];
    const urls = [...site.manifest.modules.keys()].map((path) => naturalUrl(site.root, path));
    return urls.filter(
      (one) => one.startsWith(resolution.url) && !one.slice(resolution.url.length).includes('/'),
    );
  });
}
