import {
  deployOfUrl,
  EMPTY_IMPORT_MAP,
  parseImportMap,
  placeholderRoot,
  type ImportMap,
  type WorkerModuleOptions,
} from '../../../importmap/index.js';
import type { Manifest } from '../../../schema/index.js';
import type { HistoryAccess } from '../../auth/history-access.js';
import type { VerifiedBlobs } from '../../content/verified-blobs.js';
import { loaderVersion } from '../../pages/loader-page.js';
import type { PageContext } from '../pages/page-context.js';

export interface DeployRequestContext extends Pick<PageContext, 'base' | 'prefix' | 'page' | 'direct'> {
  readonly blobs: VerifiedBlobs;
  readonly history: HistoryAccess;
  /** The script that defines `__modcast__` in workers. */
  readonly workerRuntime: () => Promise<Uint8Array>;
}

/**
 * How JavaScript is linked for a worker.
 *
 * @param target `search`: names the deploy; `place` and `url`: of the module
 */
export async function workerOptions(
  { base, prefix, workerRuntime }: Pick<DeployRequestContext, 'base' | 'prefix' | 'workerRuntime'>,
  target: Pick<WorkerModuleOptions, 'place' | 'url'> & {
    readonly manifest: Manifest;
    readonly search: string;
  },
): Promise<WorkerModuleOptions> {
  const { manifest, search, place, url } = target;
  const root = placeholderRoot(base);
  const deploy = deployOfUrl(search)!;
  return {
    site: { root, manifest },
    deploy,
    importMap: importMapOf(manifest, root),
    place,
    url,
    runtime: `${prefix.slice(1)}worker.js?v=${loaderVersion(await workerRuntime())}&modcast=${deploy}`,
  };
}

const importMaps = new WeakMap<Manifest, ImportMap>();

/** @param root always the same: of one registry */
function importMapOf(manifest: Manifest, root: string): ImportMap {
  let parsed = importMaps.get(manifest);
  if (parsed === undefined) {
    const { importMap } = manifest;
    parsed = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map;
    importMaps.set(manifest, parsed);
  }
  return parsed;
}
