import { Resolver } from '../../importmap/resolver.js';
import type { Site } from '../../importmap/site.js';
import { entryUrls } from '../page/entry-urls.js';
import { readImportMap } from '../page/page-import-map.js';
import type { LoaderConfig } from '../config.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { Hot } from '../hot/ports.js';
import type { HeldPage, ScriptElement } from '../page/held-scripts.js';
import type { Targets } from './import-targets.js';
import { Linker } from './linker.js';
import type { ChannelClient, Release } from '../transport/channel-client.js';
import { holdsModule, type UrlKind } from './module-url.js';
import { createRuntime } from './runtime.js';

/** A deploy in a page: what runs, or may be about to. */
export interface PageDeploy {
  readonly release: Release;
  readonly entries: readonly string[];
  readonly linker: Linker;
  readonly resolver: Resolver;
  /** Whether this engine merges import maps that come later. */
  readonly laterMaps: boolean;
  /** Import maps of the page that do not parse. */
  readonly brokenMaps: readonly ScriptElement[];
}

export interface PageDeployOptions {
  readonly config: LoaderConfig;
  readonly page: HeldPage;
  readonly release: Release;
  readonly blobPool: BlobPool;
  readonly channelClient: ChannelClient;
  readonly targets: Targets;
  readonly urls: UrlKind;
  readonly problem: (code: string, message: string) => void;
}

/** The browser's own. */
export const importModule = (name: string, options?: ImportCallOptions): Promise<unknown> =>
  import(name, options);

/** Gecko takes one import map, before any module; the others merge those that come later. */
const mergesLaterMaps = (): boolean => !CSS.supports('-moz-appearance', 'none');

export function createPageDeploy(options: PageDeployOptions): PageDeploy {
  const { config, page, release, blobPool, channelClient, targets, urls, problem } = options;
  const site: Site = { root: config.root, manifest: release.manifest };
  const { map, broken } = readImportMap(page);
  const resolver = new Resolver(map);
  const pinnedScripts = new Set(
    page.scripts.filter(({ element }) => element.hasAttribute('integrity')).map(({ src }) => src),
  );
  // Module scripts that a script of the page has put in run natively, and once.
  const native = new Set(
    [...document.querySelectorAll<HTMLScriptElement>('script[type="module" i][src]')].map(({ src }) => src),
  );
  const laterMaps = mergesLaterMaps();
  const linker = new Linker({
    config,
    site,
    resolver,
    blobPool,
    channelClient,
    targets,
    urls,
    pinned: (url) => resolver.map.integrity.has(url) || pinnedScripts.has(url) || native.has(url),
    laterMaps,
    problem,
  });
  return {
    release,
    resolver,
    linker,
    laterMaps,
    brokenMaps: broken,
    entries: entryUrls(page, resolver, release, config.root),
  };
}

declare global {
  var __modcast__: ReturnType<typeof createRuntime> | undefined;
}

/** Puts in place what linked modules call. */
export function provideRuntime(
  { linker, resolver }: PageDeploy,
  config: LoaderConfig,
  hot: Hot | undefined,
): void {
  const registryRoot = new URL('/', config.prefix).href;
  globalThis.__modcast__ = createRuntime({
    resolver,
    naturalOf: (given) => {
      if (given.startsWith('/')) return config.root + given.slice(1);
      if (holdsModule(given)) return linker.importTargets.urlOf(given) ?? given;
      // Below the registry's root the site's own may lie.
      const foreign = !given.startsWith(config.root) && given.startsWith(registryRoot);
      return foreign ? config.root + given.slice(registryRoot.length) : given;
    },
    ensure: (url) => linker.ensure(url),
    importModule,
    hot,
  });
}
