import { deployUrl, withoutDeploy } from '../../importmap/deploy-url.js';
import { EMPTY_IMPORT_MAP, type ImportMapJson } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { Resolver } from '../../importmap/resolver.js';
import type { Hash } from '../../schema/hash.js';
import { importModule } from '../linking/import-module.js';
import { createRuntime } from '../linking/runtime.js';
import { wrapWorkers } from './wrap-workers.js';

/** The server writes it before this script. */
declare const __modcast_deploy__: {
  readonly manifest: Hash;
  readonly importMap: ImportMapJson | null;
  /** Of this script. */
  readonly url: string;
};

const { manifest, importMap, url } = __modcast_deploy__;
const root = new URL('/', url).href;
const map = new Resolver(importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map);
const inDeploy = (natural: string): string =>
  natural.startsWith(root) ? deployUrl(natural, manifest) : natural;

globalThis.__modcast__ = createRuntime({
  resolver: {
    resolve: (specifier, referrer) => map.resolve(specifier, referrer),
    name: inDeploy,
    written(specifier, referrer) {
      const resolution = map.resolve(specifier, referrer);
      return resolution.state === 'resolved' ? inDeploy(resolution.url) : undefined;
    },
  },
  // A worker has no elements.
  refresh() {},
  naturalOf: withoutDeploy,
  naturalText: (text) => text.replace(/[^\s'"(@]+[?&]modcast=[\da-f]{64}/g, withoutDeploy),
  ensure: () => Promise.resolve(),
  importModule,
  hot: undefined,
});
wrapWorkers(globalThis, { base: () => location.href, workerUrl: inDeploy });
