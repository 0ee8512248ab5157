import { Resolver } from '../importmap/resolver.js';
import type { Site } from '../importmap/site.js';
import { entryUrls, readImportMap } from './boot.js';
import type { LoaderConfig } from './config.js';
import type { Depot } from './depot.js';
import type { HeldPage } from './held-scripts.js';
import { Linker } from './linker.js';
import type { Mirror, Release } from './mirror.js';
import { createRuntime } from './runtime.js';

/** A deploy in a page: what runs, or may be about to. */
export interface Running {
  readonly release: Release;
  readonly entries: readonly string[];
  readonly linker: Linker;
  readonly resolver: Resolver;
}

export interface RunningOptions {
  readonly config: LoaderConfig;
  readonly page: HeldPage;
  readonly release: Release;
  readonly depot: Depot;
  readonly mirror: Mirror;
  readonly targets: 'blob' | 'http';
  readonly onProblem: (code: string, message: string) => void;
}

/** Gecko takes one import map, before any module; the others merge those that come later. */
const mergesLaterMaps = (): boolean => !CSS.supports('-moz-appearance', 'none');

export function createRunning(options: RunningOptions): Running {
  const { config, page, release, depot, mirror, targets, onProblem } = options;
  const site: Site = { root: config.root, manifest: release.manifest };
  const resolver = new Resolver(readImportMap(page));
  const linker = new Linker({
    config,
    site,
    resolver,
    depot,
    mirror,
    targets,
    laterMaps: mergesLaterMaps(),
    onProblem,
  });
  return { release, resolver, linker, entries: entryUrls(page, resolver, release, config.root) };
}

declare global {
  var __modcast__: ReturnType<typeof createRuntime> | undefined;
}

/** Puts in place what linked modules call. */
export function provideRuntime({ linker, resolver }: Running, config: LoaderConfig): void {
  const registryRoot = new URL('/', config.prefix).href;
  globalThis.__modcast__ = createRuntime({
    resolver,
    naturalOf: (given) => {
      if (given.startsWith('/')) return config.root + given.slice(1);
      const foreign = registryRoot !== config.root && given.startsWith(registryRoot);
      return foreign ? config.root + given.slice(registryRoot.length) : given;
    },
    ensure: (url) => linker.ensure(url),
    importModule: (name, options) => import(name, options),
  });
}
