import { naturalUrl, pathOfUrl, type Resolver } from '../../importmap/index.js';
import type { Links, Path } from '../../schema/index.js';

/** An import that the site itself has to satisfy. Imports from outside of the site are not listed. */
export interface SiteImport {
  readonly specifier: string;
  /** Byte offset in the module. */
  readonly start: number;
  readonly kind: 'static' | 'dynamic';
  /** Whether the specifier resolves to a URL, alone or by an import map. */
  readonly resolves: boolean;
  /** The paths it resolves to. Several when the pages' import maps differ. */
  readonly targets: readonly Path[];
}

/** Browsers know no URLs of this scheme. */
export const isOfNode = (url: string): boolean => url.startsWith('node:');

/**
 * The static imports and the literal `import()` calls of a module.
 *
 * @param resolvers one for each import map under which the module may run
 * @param root URL of the site's root, as `placeholderRoot` returns it
 */
export function siteImports(
  path: Path,
  links: Links | null | undefined,
  resolvers: readonly Resolver[],
  root: string,
): SiteImport[] {
  const referrer = naturalUrl(root, path);
  const found: SiteImport[] = [];
  for (const link of links?.list ?? []) {
    if ((link.kind !== 'static' && link.kind !== 'dynamic') || link.specifier === undefined) continue;
    const { kind, specifier, start } = link;
    const urls = resolvers.flatMap((resolver) => {
      const resolution = resolver.resolve(specifier, referrer);
      return resolution.state === 'resolved' && !isOfNode(resolution.url) ? resolution.url : [];
    });
    if (urls.some((url) => !url.startsWith(root))) continue;
    const targets = new Set(urls.flatMap((url) => pathOfUrl(root, url) ?? []));
    found.push({ specifier, start, kind, resolves: urls.length > 0, targets: [...targets] });
  }
  return found;
}
