import { PLACEHOLDER_ROOT, naturalUrl, pathOfUrl, type Resolver } from '../../importmap/index.js';
import type { Links, Path } from '../../schema/index.js';

/** An import that is for the site to satisfy: what leads to another origin is none. */
export interface SiteImport {
  readonly specifier: string;
  /** Byte offset in the module. */
  readonly start: number;
  readonly kind: 'static' | 'dynamic';
  /** Whether an import map, or the specifier alone, says where it leads. */
  readonly leads: 'site' | 'nowhere';
  /** The files that would satisfy it: by several import maps there may be several. */
  readonly targets: readonly Path[];
}

/**
 * What a module imports of its site, literal `import()` included.
 *
 * @param resolvers one for each import map by which the module may run
 */
export function siteImports(
  path: Path,
  links: Links | null | undefined,
  resolvers: readonly Resolver[],
): SiteImport[] {
  const referrer = naturalUrl(PLACEHOLDER_ROOT, path);
  const found: SiteImport[] = [];
  for (const link of links?.list ?? []) {
    if ((link.kind !== 'static' && link.kind !== 'dynamic') || link.specifier === undefined) continue;
    const { kind, specifier, start } = link;
    const urls = resolvers.flatMap((resolver) => {
      const resolution = resolver.resolve(specifier, referrer);
      return resolution.state === 'resolved' ? resolution.url : [];
    });
    if (urls.some((url) => !url.startsWith(PLACEHOLDER_ROOT))) continue;
    const leads = urls.length > 0 ? 'site' : 'nowhere';
    const targets = new Set(urls.flatMap((url) => pathOfUrl(PLACEHOLDER_ROOT, url) ?? []));
    found.push({ specifier, start, kind, leads, targets: [...targets] });
  }
  return found;
}
