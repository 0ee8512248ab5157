import {
  CHANNEL_PATTERN,
  ModcastError,
  diffManifests,
  isHash,
  manifestBytes,
  pathFromUrl,
  type Hash,
  type Manifest,
} from '../../../schema/index.js';
import { fusionOfUrl } from '../../../importmap/index.js';
import { isDeployed } from '../../auth/history-access.js';
import type { Catalog } from '../../content/catalog.js';
import type { DirectFusions } from '../../fuse/direct-fusions.js';
import type { SentFusion } from '../../content/shipment.js';
import { linkedModule } from '../../content/linked-module.js';
import { moduleKind, servedType } from '../../content/media-type.js';
import { blake3 } from '../../hash.js';
import { loaderVersion } from '../../pages/loader-page.js';
import { UNCHANGED, type UnchangedCode } from '../../pages/unchanged-page.js';
import type { Store } from '../../store/store.js';
import { answer, problem } from '../response/answer.js';
import { workerRuntimeResponse } from '../site/deploy-request.js';
import { workerRunResponse } from '../site/joined-worker.js';
import { headOptionsOfQuery } from '../pages/head-options.js';
import type { HeadTags, HeadTagsMaker } from '../pages/head-tags.js';
import { directResponse, facadeResponse, type FacadeContext } from './direct-response.js';
import { parseRegistryRoute, type ScriptName } from './registry-route.js';
import { derivedResponse, runMapResponse, runResponse, type RunContext } from './run-response.js';
import { serviceWorkerResponse, type ServiceWorkerContext } from './service-worker-response.js';
import { allowOwnUse } from '../response/sniffing.js';
import { withAccess } from './with-access.js';

export interface RegistryContext
  extends
    ServiceWorkerContext,
    Pick<RunContext, 'fusions' | 'mapOf' | 'dictionaries'>,
    Pick<FacadeContext, 'facades'> {
  readonly store: Store;
  readonly direct: DirectFusions;
  readonly catalog: Catalog;
  /** Whether a hash is that of a module that a transform has made. */
  readonly isMade: (hash: Hash) => boolean;
  readonly health: () => Promise<unknown>;
  readonly headTags: HeadTagsMaker;
  /** The hot reload script. */
  readonly hot: () => Promise<Uint8Array>;
  /** What pages that start without the loader load in case that they cannot. */
  readonly directFallback: () => Promise<Uint8Array>;
  /** The script of offline use in pages. */
  readonly offlinePage: () => Promise<Uint8Array>;
}

const SCRIPTS: Readonly<Record<ScriptName, (context: RegistryContext) => Promise<Uint8Array>>> = {
  'loader.js': ({ loader }) => loader('loader.js'),
  'fused-loader.js': ({ loader }) => loader('fused-loader.js'),
  'hot.js': ({ hot }) => hot(),
  'offline-page.js': ({ offlinePage }) => offlinePage(),
  'direct-fallback.js': ({ directFallback }) => directFallback(),
};

/** Answers a GET or HEAD request below the registry's prefix. `rest` is the path after the prefix. */
export async function registryResponse(
  context: RegistryContext,
  request: Request,
  rest: string,
  headers: Headers,
): Promise<Response> {
  const route = parseRegistryRoute(rest);
  const { history } = context;
  switch (route?.kind) {
    case 'script':
      return script(await SCRIPTS[route.name](context), request, headers);
    case 'service-worker':
      return serviceWorkerResponse(context, request, headers);
    case 'worker-runtime':
      return (
        (await workerRuntimeResponse(context, request, headers)) ?? problem(404, 'No such deploy.', headers)
      );
    case 'notice':
      return notice(request, headers);
    case 'health': {
      const bytes = new TextEncoder().encode(JSON.stringify(await context.health()));
      return answer(request, { bytes, type: 'application/json', freshness: 'revalidate' }, headers);
    }
    case 'channel-manifest':
      return channelManifest(context, request, route.channel, headers);
    case 'channel-head':
      return channelHead(context, request, route.channel, headers);
    case 'deploy-manifest':
      return deployManifest(context, request, route.deploy, headers);
    case 'deploy-file':
      return deployFile(context, request, route.deploy, route.path, headers);
    case 'module':
      return (
        (await facadeResponse(context, request, route, headers)) ??
        withAccess(history.blob(request, route.hash), headers, () =>
          moduleFile(context, request, route.hash, route.path, headers),
        )
      );
    case 'blob':
      return withAccess(history.blob(request, route.hash), headers, () =>
        blob(context, request, route.hash, headers),
      );
    case 'run':
      if (fusionOfUrl(request.url) !== undefined) return workerRunResponse(context, request, route, headers);
      return runResponse(context, request, route, headers);
    case 'direct':
      return directResponse(context, request, route, headers);
    case 'run-map':
      return runMapResponse(context, request, route.hash, headers);
    case undefined:
      return problem(404, 'No such route.', headers);
  }
}

/** A script that tells the browser's console why its page has no loader. */
async function notice(request: Request, headers: Headers): Promise<Response> {
  const reason = new URL(request.url).searchParams.get('reason') ?? '';
  if (!Object.hasOwn(UNCHANGED, reason)) return problem(404, 'No such reason.', headers);
  const text = `modcast: this page is served as it is, without hot reload: ${UNCHANGED[reason as UnchangedCode]}.`;
  const bytes = new TextEncoder().encode(`console.info(${JSON.stringify(text)});\n`);
  return answer(request, { bytes, type: 'text/javascript', freshness: 'revalidate' }, headers);
}

function script(bytes: Uint8Array, request: Request, headers: Headers): Promise<Response> {
  // Pages name the version they were made for. That URL never changes, so a warm boot does not request it.
  const isVersioned = new URL(request.url).searchParams.get('v') === loaderVersion(bytes);
  const freshness = isVersioned ? 'immutable' : 'revalidate';
  return answer(request, { bytes, type: 'text/javascript', freshness, tag: blake3(bytes) }, headers);
}

async function blob(
  context: RegistryContext,
  request: Request,
  hash: Hash,
  headers: Headers,
): Promise<Response> {
  const type = 'application/octet-stream';
  const bytes = await deployedBytes(context, hash);
  if (bytes === undefined) return derivedResponse(context, request, { hash, type, name: 'blob' }, headers);
  return answer(request, { bytes, type, freshness: 'immutable', tag: hash }, headers);
}

const manifestTexts = new WeakMap<Manifest, Uint8Array>();

/** The bytes of a manifest, made once for as long as it is in memory. */
function sharedManifestBytes(manifest: Manifest): Uint8Array {
  const bytes = manifestTexts.get(manifest) ?? manifestBytes(manifest);
  manifestTexts.set(manifest, bytes);
  return bytes;
}

/** For pages that boot without a socket. */
function nameFusion(found: SentFusion | undefined, headers: Headers): void {
  if (found !== undefined && found.fusion.runs.length > 0) headers.set('Modcast-Fusion', found.hash);
}

async function channelManifest(
  { catalog, page, fusions }: RegistryContext,
  request: Request,
  channel: string,
  headers: Headers,
): Promise<Response> {
  const head = CHANNEL_PATTERN.test(channel) ? await catalog.head(channel) : null;
  if (head === null) return problem(404, `No deploy on channel ${channel}.`, headers);
  headers.set('Modcast-Deploy', String(head.deploy.number));
  if (page.fuse) nameFusion(await fusions.finished(head.deploy.manifest), headers);
  const bytes = sharedManifestBytes(head.manifest);
  const tag = head.deploy.manifest;
  return answer(request, { bytes, type: 'application/json', freshness: 'revalidate', tag }, headers);
}

/** As text: a page of the site's origin must not run what the query names. */
async function channelHead(
  { headTags }: RegistryContext,
  request: Request,
  channel: string,
  headers: Headers,
): Promise<Response> {
  let tags: HeadTags | null;
  try {
    const options = headOptionsOfQuery(new URL(request.url).searchParams);
    tags = CHANNEL_PATTERN.test(channel) ? await headTags.tags(channel, options) : null;
  } catch (error) {
    if (!(error instanceof ModcastError) || error.code !== 'option-invalid') throw error;
    return problem(400, `${error.message} (${error.code})`, headers);
  }
  if (tags === null) return problem(404, `No deploy on channel ${channel}.`, headers);
  const bytes = new TextEncoder().encode(tags.text);
  const type = 'text/plain; charset=utf-8';
  return answer(request, { bytes, type, freshness: 'revalidate', tag: tags.hash }, headers);
}

/** With `?since=<manifest>`, the difference from that one, if anyone may read it. */
async function deployManifest(
  { store, catalog, history, page, fusions }: RegistryContext,
  request: Request,
  number: number,
  headers: Headers,
): Promise<Response> {
  const deploy = await store.deploy(number);
  return withAccess(history.deploy(request, deploy), headers, async () => {
    if (deploy === null) return problem(404, `No deploy ${number}.`, headers);
    headers.set('Modcast-Deploy', String(number));
    const manifest = await catalog.manifest(deploy);
    const fusion = page.fuse ? await fusions.finished(deploy.manifest) : undefined;
    nameFusion(fusion, headers);
    // Asked again, the answer may name a fusion.
    const freshness = !page.fuse || fusion !== undefined ? 'immutable' : 'revalidate';
    const since = new URL(request.url).searchParams.get('since');
    const base = isHash(since) ? await history.manifest(deploy.channel, since) : null;
    if (base !== null) {
      const difference = { since, ...diffManifests(base, manifest) };
      const bytes = new TextEncoder().encode(JSON.stringify(difference));
      return answer(request, { bytes, type: 'application/json', freshness }, headers);
    }
    const bytes = sharedManifestBytes(manifest);
    return answer(request, { bytes, type: 'application/json', freshness, tag: deploy.manifest }, headers);
  });
}

/** A file as its author wrote it. Relative imports from its URL stay in the same deploy. */
async function deployFile(
  context: RegistryContext,
  request: Request,
  number: number,
  pathname: string,
  headers: Headers,
): Promise<Response> {
  const path = pathFromUrl(pathname);
  if (path === undefined) return problem(400, 'Not a path.', headers);
  const deploy = await context.store.deploy(number);
  return withAccess(context.history.deploy(request, deploy), headers, async () => {
    const module = deploy === null ? undefined : (await context.catalog.manifest(deploy)).modules.get(path);
    const bytes = module === undefined ? undefined : await deployedBytes(context, module.hash);
    if (bytes === undefined) return problem(404, `Deploy ${number} has no ${path}.`, headers);
    const type = servedType(path, module!.type);
    allowOwnUse(request, path, headers);
    return answer(request, { bytes, type, freshness: 'immutable', tag: module!.hash }, headers);
  });
}

async function moduleFile(
  context: RegistryContext,
  request: Request,
  hash: Hash,
  pathname: string,
  headers: Headers,
): Promise<Response> {
  const path = pathFromUrl(pathname);
  if (path === undefined) return problem(400, 'Not a path.', headers);
  const type = servedType(path, context.isMade(hash) ? 'text/javascript' : undefined);
  const kind = moduleKind(type);
  const blob = kind === undefined ? undefined : await deployedBlob(context, hash);
  const bytes = blob === undefined ? undefined : linkedModule(path, blob, context.base + pathname, type);
  if (bytes === undefined) return problem(404, 'No such module.', headers);
  allowOwnUse(request, path, headers);
  return answer(request, { bytes, type, freshness: 'immutable', tag: hash }, headers);
}

/** A blob of any deploy. Others are treated as missing. */
async function deployedBlob({ store, blobs }: RegistryContext, hash: Hash) {
  return (await isDeployed(store, hash)) ? blobs.one(hash) : undefined;
}

const deployedBytes = async (context: RegistryContext, hash: Hash) =>
  (await deployedBlob(context, hash))?.bytes;
