import { mergeImportMaps } from '../importmap/merge.js';
import { EMPTY_IMPORT_MAP, parseImportMap, type ImportMap } from '../importmap/parse.js';
import { Resolver } from '../importmap/resolver.js';
import { naturalUrl } from '../importmap/site.js';
import { manifestFromJson, type Manifest } from '../schema/manifest.js';
import type { BootSource } from '../schema/message.js';
import type { CachedDeploy } from './cache.js';
import type { LoaderConfig } from './config.js';
import type { HeldPage, ScriptElement } from './held-scripts.js';
import type { Mirror, Release } from './mirror.js';

/** What a page is going to run, decided once for a boot. */
export interface Choice {
  readonly from: BootSource;
  readonly release: Release | null;
}

export interface ChooseOptions {
  readonly config: LoaderConfig;
  readonly mirror: Mirror;
  /** The deploy in the cache and whether its blobs are there too. */
  readonly cached: () => Promise<CachedDeploy | null>;
  /** Whether all that the page starts from is in the depot. */
  readonly isWhole: (release: Release) => boolean;
  /** Settles with the server's first word, or with false when there will be none in time. */
  readonly greeted: Promise<boolean>;
  readonly fetch: typeof globalThis.fetch;
}

/** The rows of the fallback table, from the best to the plainest. */
export async function choose(options: ChooseOptions): Promise<Choice> {
  const { config, mirror, isWhole, greeted } = options;
  const whole = async (): Promise<Choice | null> => {
    const release = await options.cached();
    return release !== null && isWhole(release) ? { from: 'cache', release } : null;
  };
  if (config.boot === 'cached') {
    const choice = await whole();
    if (choice !== null) return choice;
  }
  if (await greeted) return { from: 'network', release: mirror.head! };
  const choice = await whole();
  if (choice !== null) return choice;
  // It may have been a matter of milliseconds.
  if (mirror.head !== undefined) return { from: 'network', release: mirror.head };
  const release = await fetchRelease(config, options.fetch);
  return release === null ? { from: 'native', release: null } : { from: 'http', release };
}

/** The head over plain HTTP; null when there is no registry to ask. */
export async function fetchRelease(
  config: LoaderConfig,
  fetch: ChooseOptions['fetch'],
): Promise<Release | null> {
  try {
    const response = await fetch(`${config.prefix}channels/${config.channel}/manifest.json`, {
      signal: AbortSignal.timeout(config.stall),
    });
    if (!response.ok) return null;
    const manifest: Manifest = manifestFromJson(await response.json());
    const hash = response.headers.get('ETag')?.replace(/^(?:W\/)?"|"$/g, '') ?? '';
    return { deploy: Number(response.headers.get('Modcast-Deploy') ?? 0), hash, manifest };
  } catch {
    return null;
  }
}

/** The page's own import map, merged of all it has, as the browser would. A broken one counts as none. */
export function readImportMap(page: HeldPage): { map: ImportMap; broken: ScriptElement[] } {
  let map = EMPTY_IMPORT_MAP;
  const broken: ScriptElement[] = [];
  for (const element of page.importMaps) {
    try {
      map = mergeImportMaps(map, parseImportMap(element.textContent, page.base).map).map;
    } catch {
      broken.push(element);
    }
  }
  return { map, broken };
}

/** The natural URLs from which a page starts. */
export function entryUrls(page: HeldPage, resolver: Resolver, release: Release, root: string): string[] {
  const urls = new Set<string>();
  for (const { src, imports, kind } of page.scripts) {
    if (kind === 'deferred') continue;
    if (src !== null) urls.add(src);
    // Nobody has read this inline script: it may import whatever the site starts from.
    const known = imports ?? release.manifest.entries.map((path) => naturalUrl(root, path));
    for (const specifier of known) {
      const resolution = resolver.resolve(specifier, page.base);
      if (resolution.state === 'resolved') urls.add(resolution.url);
    }
  }
  return [...urls];
}
