import { withoutDeploys } from '../../importmap/deploy-url.js';
import { EMPTY_IMPORT_MAP, sameImportMap } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { Resolver } from '../../importmap/resolver.js';
import { moduleAt, naturalUrl } from '../../importmap/site.js';
import { placeOfModuleKey } from '../../schema/fusion.js';
import { isGecko } from '../page/engine.js';
import { entryUrls } from '../page/entry-urls.js';
import type { NativeScripts } from '../page/native-scripts.js';
import { readImportMap } from '../page/page-import-map.js';
import type { LoaderConfig } from '../config.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { HeldPage, ScriptElement } from '../page/held-page.js';
import { installImportMap } from '../page/install-import-map.js';
import type { TargetKind } from './choose-target.js';
import { importModule } from './import-module.js';
import { Linker } from './linker.js';
import type { ChannelClient, Release } from '../transport/channel-client.js';
import type { NaturalText } from '../page/correct-error.js';
import { withoutRuns } from '../page/run-positions.js';
import { holdsModule, MODULE_URLS } from './module-url.js';
import { readFusion } from './read-fusion.js';
import { createRuntime, type HotRuntime } from './runtime.js';

/** A deploy in a page: the one that runs, or a candidate. */
export interface PageDeploy {
  readonly release: Release;
  readonly entries: readonly string[];
  readonly linker: Linker;
  readonly resolver: Resolver;
  /** Takes in the import maps that scripts of the page have added since. */
  readonly refresh: () => void;
  /** Whether this engine merges later import maps. */
  readonly laterMaps: boolean;
  /** The page's import maps that do not parse. */
  readonly brokenMaps: readonly ScriptElement[];
}

export interface PageDeployOptions {
  readonly config: LoaderConfig;
  readonly page: HeldPage;
  readonly native: Pick<NativeScripts, 'map' | 'refresh' | 'loads'>;
  readonly release: Release;
  /** The page has loaded modules before the boot. */
  readonly early: boolean;
  readonly blobPool: BlobPool;
  readonly channelClient: ChannelClient;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
  /** The best target that the page's policy permits. */
  readonly permitted: TargetKind;
  /** Whether missing blobs are requested. */
  readonly fetchMissing: boolean;
  /** Whether runs that are not here come from the registry's URLs. */
  readonly runsOverHttp?: boolean;
  readonly problem: (code: string, message: string) => void;
}

export function createPageDeploy(options: PageDeployOptions): PageDeploy {
  const { config, page, native, release, blobPool, early } = options;
  native.refresh();
  const { map, broken } = readImportMap(page, native.map);
  const resolver = new Resolver(map);
  const pinnedScripts = new Set(
    page.scripts.filter(({ element }) => element.hasAttribute('integrity')).map(({ src }) => src),
  );
  const laterMaps = !isGecko();
  const fusion = readFusion(blobPool, release.fusion);
  // Runs are made with the import map of the deploy, and hold what the page may have loaded by itself.
  const { importMap } = release.manifest;
  const made = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, config.root).map;
  const entries = entryUrls(page, resolver, release, config.root);
  // From where nobody was expected to start, some runs evaluate too much. Which ones, only imports tell.
  const roots = new Set(fusion?.roots.map((path) => naturalUrl(config.root, path)));
  const site = { root: config.root, manifest: release.manifest };
  // What is outside the site starts no run.
  const isPlanned = (url: string) => roots.has(url) || moduleAt(site, url) === undefined;
  const isFused =
    fusion?.manifest === release.hash &&
    !early &&
    sameImportMap(map, made) &&
    (options.runsOverHttp !== true || entries.every(isPlanned));
  const linker = new Linker({
    ...options,
    site,
    resolver,
    fusion: isFused ? fusion! : null,
    pinned: (url) => resolver.map.integrity.has(url) || pinnedScripts.has(url) || native.loads(url),
    laterMaps,
    installImportMap,
  });
  return {
    release,
    resolver,
    linker,
    refresh() {
      // The engine has refused them.
      if (!laterMaps) return;
      const before = native.map;
      native.refresh();
      // An engine that takes one map has refused them.
      if (native.map === before) return;
      resolver.extend(native.map, linker.importTargets.isInstalled);
      linker.mapsAdded();
    },
    laterMaps,
    brokenMaps: broken,
    entries,
  };
}

declare global {
  var __modcast__: ReturnType<typeof createRuntime> | undefined;
}

/**
 * Defines the global function that linked modules call.
 *
 * @returns what puts natural URLs into a text of the browser's
 */
export function provideRuntime(
  { linker, resolver, refresh }: PageDeploy,
  config: LoaderConfig,
  hot: HotRuntime | undefined,
): NaturalText {
  const { prefix, root } = config;
  const registryRoot = new URL('/', prefix).href;
  /** With a specifier that the page's map blocks as its author wrote it. Chromium names its URL after it. */
  const written: NaturalText = (text) => {
    let changed = text;
    for (const [url, specifier] of resolver.blocked)
      for (const quote of `'"”`) changed = changed.replace(url + quote, () => specifier + quote);
    return changed;
  };
  // An error of a worker that is not handled there is the page's too.
  const naturalText: NaturalText = (text) =>
    withoutRuns(
      root,
      withoutDeploys(written(text)).replace(MODULE_URLS, (url) => linker.importTargets.urlOf(url) ?? url),
    ).replace(/[^\s'"(@]+\/modules\/[\da-f]{64}\//g, (url) => (url.startsWith(prefix) ? root : url));
  globalThis.__modcast__ = createRuntime({
    resolver,
    refresh,
    naturalOf: (given) => {
      const place = placeOfModuleKey(given);
      if (place !== undefined) return root + place;
      if (holdsModule(given)) return linker.importTargets.urlOf(given) ?? given;
      const url = new URL(given, prefix).href;
      // Modules over HTTP know their paths below the registry's root. The site may have another one.
      const foreign = !prefix.startsWith(root) && (given.startsWith('/') || !given.startsWith(root));
      return foreign && url.startsWith(registryRoot) ? root + url.slice(registryRoot.length) : url;
    },
    naturalText,
    ensure: (url) => linker.ensure(url),
    importModule,
    targetOf: linker.importTargets.targetOf,
    hot,
  });
  return naturalText;
}
