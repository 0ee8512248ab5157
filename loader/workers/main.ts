import { deployUrl, withoutDeploy, withoutDeploys } from '../../importmap/deploy-url.js';
import { EMPTY_IMPORT_MAP, type ImportMapJson } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { resolveInWorker } from '../../importmap/resolve.js';
import type { Hash } from '../../schema/hash.js';
import { importModule } from '../linking/import-module.js';
import { createRuntime } from '../linking/runtime.js';
import { hideDeploy } from './hide-deploy.js';
import { reportUsed } from './report-used.js';
import { workletRuntime } from './worklet-runtime.js';
import { wrapWorkers } from './wrap-workers.js';

/** The server writes it before this script. */
declare const __modcast_deploy__: {
  readonly manifest: Hash;
  readonly importMap: ImportMapJson | null;
  /** Of this script. */
  readonly url: string;
  /** The site's root, relative to that. */
  readonly root: string;
};

function workerRuntime(): NonNullable<typeof globalThis.__modcast__> {
  const { manifest, importMap, url, ...deploy } = __modcast_deploy__;
  const root = new URL(deploy.root, url).href;
  const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map;
  const inDeploy = (natural: string): string =>
    natural.startsWith(root) ? deployUrl(natural, manifest) : natural;
  hideDeploy();
  reportUsed(manifest);
  wrapWorkers(globalThis, { base: () => location.href, workerUrl: inDeploy });
  return createRuntime({
    resolver: {
      resolve: (specifier, referrer) => resolveInWorker(map, specifier, referrer),
      name: inDeploy,
      written(specifier, referrer) {
        const resolution = resolveInWorker(map, specifier, referrer);
        return resolution.state === 'resolved' ? inDeploy(resolution.url) : undefined;
      },
    },
    // A worker has no elements.
    refresh() {},
    naturalOf: withoutDeploy,
    naturalText: withoutDeploys,
    ensure: () => Promise.resolve(),
    importModule,
    hot: undefined,
  });
}

globalThis.__modcast__ = typeof location === 'undefined' ? workletRuntime : workerRuntime();
