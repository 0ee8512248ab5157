import { deployUrl, withoutDeploy, withoutDeploys } from '../../importmap/deploy-url.js';
import type { ImportMapJson } from '../../importmap/import-map.js';
import { placeOfModuleKey } from '../../schema/fusion.js';
import type { Hash } from '../../schema/hash.js';
import { importModule } from '../linking/import-module.js';
import { createRuntime, type HotRuntime } from '../linking/runtime.js';
import { withoutRuns } from '../page/run-positions.js';
import { hideDeploy } from './hide-deploy.js';
import { nameErrorsNaturally } from './natural-errors.js';
import { reportUsed } from './report-used.js';
import { WorkerResolver } from './worker-resolver.js';
import { workletRuntime } from './worklet-runtime.js';
import { wrapWorkers } from './wrap-workers.js';

/** The server writes it before this script. */
declare const __modcast_deploy__: {
  readonly manifest: Hash;
  /** Whose runs it has; absent where its modules are single. */
  readonly fusion?: Hash;
  readonly importMap: ImportMapJson | null;
  /** Of this script. */
  readonly url: string;
  /** The site's root, relative to that. */
  readonly root: string;
};

/** A worker whose modules are about to run. */
export interface WorkerScope {
  /** The site's root. */
  readonly root: string;
  readonly resolver: WorkerResolver;
  /** URL of the script that defines `__modcast__`. */
  readonly runtime: string;
  /** URL from which the worker has been started. */
  readonly started: string;
}

/** Hot reload in a worker. */
export interface WorkerHotRuntime extends HotRuntime {
  /** The natural URL of an instance that hot reload has created. */
  naturalOf(target: string): string | undefined;
  /** Puts natural URLs into a text of the browser's. */
  naturalText(text: string): string;
}

/**
 * The function that linked modules call in a worker or worklet.
 *
 * @param createHot called before the worker's modules run. Undefined where nothing replaces them
 */
export function startRuntime(
  createHot?: (scope: WorkerScope) => WorkerHotRuntime | undefined,
): NonNullable<typeof globalThis.__modcast__> {
  if (typeof location === 'undefined') return workletRuntime;
  const { manifest, fusion, importMap, url, ...deploy } = __modcast_deploy__;
  const root = new URL(deploy.root, url).href;
  const resolver = new WorkerResolver(
    importMap,
    root,
    fusion === undefined ? manifest : `${manifest}.${fusion}`,
  );
  const started = location.href;
  hideDeploy();
  // It has no entry of its own among what it has requested. At its natural URL it is a file.
  reportUsed(manifest, fusion === undefined ? location.href : started);
  wrapWorkers(globalThis, {
    base: () => location.href,
    // Runs are made for workers that a page starts.
    workerUrl: (target) => (target.startsWith(root) ? deployUrl(target, manifest) : target),
  });
  // An error may come before hot reload.
  let hot: WorkerHotRuntime | undefined;
  const naturalText = (text: string) => withoutRuns(root, withoutDeploys(hot?.naturalText(text) ?? text));
  const naturalOf = (given: string) => {
    const place = placeOfModuleKey(given);
    return place === undefined ? withoutDeploy(given) : root + place;
  };
  nameErrorsNaturally(naturalText);
  hot = createHot?.({ root, resolver, runtime: url, started });
  return createRuntime({
    resolver,
    // A worker has no elements.
    refresh() {},
    naturalOf: (given) => hot?.naturalOf(given) ?? naturalOf(given),
    naturalText,
    ensure() {},
    importModule,
    hot,
  });
}

/** Lets linked modules call the runtime. Code that lists the globals of its scope does not find it. */
export function installRuntime(value: NonNullable<typeof globalThis.__modcast__>): void {
  Object.defineProperty(globalThis, '__modcast__', { value, configurable: true, writable: true });
}
