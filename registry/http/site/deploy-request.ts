import {
  declareWorkerDeploy,
  deployUrl,
  fusionOfUrl,
  isOwnInstance,
  isRuntimeUrl,
  manifestOfUrl,
  withoutDeploy,
  type WorkerModuleOptions,
} from '../../../importmap/index.js';
import { pathFromUrl, type Fusion, type Manifest } from '../../../schema/index.js';
import { mediaType, moduleKind, servedType } from '../../content/media-type.js';
import { workerModule } from '../../content/worker-module.js';
import { answer, problem } from '../response/answer.js';
import { fusionOfWorker, placesOfKeys, workerFacadeOf } from './joined-worker.js';
import { allowOwnUse } from '../response/sniffing.js';
import { workerOptions, type DeployRequestContext } from './worker-options.js';

/**
 * A file at a URL that names its deploy, `/lib/w.mjs?modcast=<manifest>`: JavaScript linked for a worker, and
 * other modules and assets as they are. Undefined where the URL names no deploy, the deploy has no such file,
 * or it is a page, which gets the loader: then the site's file is the answer. So it is for a deploy that is
 * unknown, except for what a worker imports.
 *
 * With `?modcast=<manifest>.<fusion>`, a member of a run is a module that leads to the run. All imports of
 * such a worker keep the name, so that it has one instance of each module.
 */
export async function deployResponse(
  context: DeployRequestContext,
  request: Request,
  headers: Headers,
): Promise<Response | undefined> {
  const { blobs, history, base, page } = context;
  const { pathname, search, origin } = new URL(request.url);
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
  const fusion = manifest === null ? undefined : await fusionOfWorker(context, search);
  if (fusion === undefined && fusionOfUrl(search) !== undefined && !isRuntimeUrl(request.url)) {
    // What the worker has imported already may be joined.
    if (!isWorkerScript(request)) return problem(404, 'The joined modules of this deploy are gone.', headers);
    headers.set('Cache-Control', 'no-store');
    headers.set('Location', deployUrl(base + pathname.slice(1) + withoutDeploy(search), hash!));
    return new Response(null, { status: 302, headers });
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
  const place = pathname.slice(1);
  const url = origin + base + place + withoutDeploy(search);
  const options = await workerOptions(context, { manifest: manifest!, search, place, url });
  const facade =
    fusion && !isOwnInstance(search) ? facadeFor(context, fusion, manifest!, path, options) : undefined;
  const bytes = facade ?? workerModule(blob, options);
  return answer(request, { bytes, type, freshness: 'immutable' }, headers);
}

/**
 * Whether a request is for the script of a worker, and not for what it imports, as far as that is known: not
 * all browsers name the destination, and a service worker may hide it.
 */
function isWorkerScript({ headers }: Request): boolean {
  const destination = headers.get('Sec-Fetch-Dest');
  const referrer = headers.get('Referer');
  const isKnown = destination === 'worker' || (destination !== 'script' && referrer !== null);
  return isKnown && fusionOfUrl(referrer ?? '') === undefined;
}

const facadeFor = (
  { base, prefix }: DeployRequestContext,
  fusion: Fusion,
  manifest: Manifest,
  path: string,
  options: WorkerModuleOptions,
): Uint8Array | undefined =>
  workerFacadeOf(fusion, manifest, path, base, { ...options, placeOfKey: placesOfKeys(fusion, prefix) });

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
    Buffer.from(declareWorkerDeploy({ manifest: hash!, fusion: fusionOfUrl(search), root, importMap })),
    await workerRuntime(),
  ]);
  return answer(request, { bytes, type: 'text/javascript', freshness: 'immutable' }, headers);
}
