import type { Hash } from '../schema/hash.js';
import type { Links } from '../schema/links.js';
import { deployUrl, workerModuleUrl, type DeployName } from './deploy-url.js';
import type { ImportMap, ImportMapJson } from './import-map.js';
import { linkForWorker, type LinkedPart } from './link.js';
import { resolveInWorker } from './resolve.js';
import { fileAt, type Site } from './site.js';

export interface WorkerModuleOptions {
  readonly site: Site;
  readonly deploy: DeployName;
  /** The page's, with URLs of `site.root`. */
  readonly importMap: ImportMap;
  /** Where the module lies below `site.root`, percent-encoded: `lib/w.mjs`. */
  readonly place: string;
  /** Its natural URL, for stack traces. */
  readonly url: string;
  /** Place below the site's root of the script that defines the runtime of a deploy's workers. */
  readonly runtime: string;
  /** Place below the site's root of what a key of joined modules names: a run, or a single module. */
  readonly placeOfKey?: (key: string) => string | undefined;
}

/**
 * Links a JavaScript module of a deploy as a worker runs it: all that it imports is of the same deploy.
 * Specifiers are relative, since a proxy may serve the site below another path.
 */
export function linkWorkerModule(
  bytes: Uint8Array,
  links: Links,
  { site, deploy, importMap, place, url, runtime, placeOfKey }: WorkerModuleOptions,
): LinkedPart[] {
  const referrer = site.root + place;
  const up = '../'.repeat(place.split('/').length - 1) || './';
  const origin = new URL('/', site.root).href;
  const written = (specifier: string): string | undefined => {
    const key = placeOfKey?.(specifier);
    if (key !== undefined) return up + deployUrl(key, deploy);
    const resolution = resolveInWorker(importMap, specifier, referrer);
    if (resolution.state !== 'resolved') return undefined;
    // The answer to this URL is of the same deploy, also for WebAssembly.
    const isOwn = fileAt(site, resolution.url) !== undefined;
    const target = isOwn ? workerModuleUrl(resolution.url, deploy) : resolution.url;
    if (target.startsWith(site.root)) return up + target.slice(site.root.length);
    return target.startsWith(origin) ? target.slice(origin.length - 1) : target;
  };
  return linkForWorker(bytes, links, { url, written, runtime: up + runtime });
}

/**
 * Whether a URL is that of the runtime of a deploy's workers, below any prefix: a module that a browser has
 * cached may name the one that the registry had before.
 */
export const isRuntimeUrl = (url: string): boolean => /\/worker\.js\?v=[^&]*&modcast=/.test(url);

/** What the runtime of a deploy's workers reads. */
export interface WorkerDeploy {
  readonly manifest: Hash;
  /** Whose runs the worker has; absent where its modules are single. */
  readonly fusion?: Hash | undefined;
  /** The site's root, relative to the script of the runtime. */
  readonly root: string;
  readonly importMap: ImportMapJson | null;
}

/** The first statement of the runtime's script for one deploy. */
export const declareWorkerDeploy = (deploy: WorkerDeploy): string =>
  `const __modcast_deploy__ = { ...${JSON.stringify(deploy)}, url: import.meta.url };\n`;
