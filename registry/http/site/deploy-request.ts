import {
  declareWorkerDeploy,
  EMPTY_IMPORT_MAP,
  isRuntimeUrl,
  manifestOfUrl,
  parseImportMap,
  placeholderRoot,
  withoutDeploy,
  type ImportMap,
} from '../../../importmap/index.js';
import { pathFromUrl, type Manifest } from '../../../schema/index.js';
import type { HistoryAccess } from '../../auth/history-access.js';
import { mediaType, moduleKind, servedType } from '../../content/media-type.js';
import type { VerifiedBlobs } from '../../content/verified-blobs.js';
import { workerModule } from '../../content/worker-module.js';
import { loaderVersion } from '../../pages/loader-page.js';
import { answer, problem } from '../response/answer.js';
import type { PageContext } from '../pages/page-context.js';
import { allowOwnUse } from '../response/sniffing.js';

export interface DeployRequestContext extends Pick<PageContext, 'base' | 'prefix' | 'page'> {
  readonly blobs: VerifiedBlobs;
  readonly history: HistoryAccess;
  /** The script that defines `__modcast__` in workers. */
  readonly workerRuntime: () => Promise<Uint8Array>;
}

/**
 * A file at a URL that names its deploy, `/lib/w.mjs?modcast=<manifest>`: JavaScript linked for a worker, and
 * other modules and assets as they are. Undefined where the URL names no deploy, the deploy has no such file,
 * or it is a page, which gets the loader: then the site's file is the answer. So it is for a deploy that is
 * unknown, except for what a worker imports.
 */
export async function deployResponse(
  context: DeployRequestContext,
  request: Request,
  headers: Headers,
): Promise<Response | undefined> {
  const { blobs, history, base, prefix, page, workerRuntime } = context;
  const { pathname, search, origin } = new URL(request.url);
  const root = placeholderRoot(base);
  const hash = manifestOfUrl(search);
  const path = hash === undefined ? undefined : pathFromUrl(pathname.slice(1));
  if (path === undefined) return undefined;
  const isPage = mediaType(path) === 'text/html';
  const manifest = isPage ? null : await history.manifest(page.channel, hash!);
  const isImport = request.headers.get('Sec-Fetch-Dest') === 'script';
  if (!isPage && manifest === null && isImport && !isRuntimeUrl(request.url)) {
    // The newest file would import second instances of what the worker runs, in other versions.
    return problem(404, 'This deploy is not known, or not public any more.', headers);
  }
  const module = manifest?.modules.get(path);
  if (module === undefined && isRuntimeUrl(request.url))
    return workerRuntimeResponse(context, request, headers);
  const type = servedType(path, module?.type);
  const blob = module === undefined ? undefined : await blobs.one(module.hash);
  if (blob === undefined) return undefined;
  allowOwnUse(request, path, headers);
  if (moduleKind(type) !== 'javascript') {
    return answer(request, { bytes: blob.bytes, type, freshness: 'immutable', tag: blob.hash }, headers);
  }
  const bytes = workerModule(blob, {
    site: { root, manifest: manifest! },
    manifest: hash!,
    importMap: importMapOf(manifest!, root),
    place: pathname.slice(1),
    url: origin + base + pathname.slice(1) + withoutDeploy(search),
    runtime: `${prefix.slice(1)}worker.js?v=${loaderVersion(await workerRuntime())}&modcast=${hash}`,
  });
  return answer(request, { bytes, type, freshness: 'immutable' }, headers);
}

/**
 * The script that the modules of a deploy's workers import first. Undefined where the URL names no deploy
 * that anyone may read.
 */
export async function workerRuntimeResponse(
  { history, page, workerRuntime }: DeployRequestContext,
  request: Request,
  headers: Headers,
): Promise<Response | undefined> {
  const { pathname, search } = new URL(request.url);
  const hash = manifestOfUrl(search);
  const manifest = hash === undefined ? null : await history.manifest(page.channel, hash);
  if (manifest === null) return undefined;
  const root = '../'.repeat(pathname.split('/').length - 2);
  const { importMap } = manifest;
  const bytes = Buffer.concat([
    Buffer.from(declareWorkerDeploy({ manifest: hash!, root, importMap })),
    await workerRuntime(),
  ]);
  return answer(request, { bytes, type: 'text/javascript', freshness: 'immutable' }, headers);
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
