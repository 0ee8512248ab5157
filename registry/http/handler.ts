import {
  CHANNEL_PATTERN,
  ModcastError,
  isHash,
  manifestBytes,
  pathFromUrl,
  type Hash,
} from '../../schema/index.js';
import type { Access } from '../auth/allowed-origins.js';
import { answer, isReading, notAllowed, problem } from './answer.js';
import { challenge } from '../auth/authorize.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import type { Exposure, Grounds } from '../auth/exposure.js';
import { blake3 } from '../hash.js';
import { linkedModule } from '../content/linked-module.js';
import { loaderVersion } from '../pages/loader-page.js';
import { contentType, moduleKind } from '../content/media-type.js';
import type { EditorRoute } from './editor.js';
import type { PublishRoutes } from '../publish/routes.js';
import type { PageContext } from './page.js';
import { site, type SiteSource } from './site.js';
import type { Store } from '../store/store.js';

export interface HandlerOptions extends PageContext {
  readonly store: Store;
  readonly blobs: VerifiedBlobs;
  readonly access: Access;
  /** Null when the site itself is served by somebody else. */
  readonly site: SiteSource | null;
  readonly health: () => Promise<unknown>;
  readonly exposure: Exposure;
  readonly publish: PublishRoutes;
  /** Null where the directory is not followed. */
  readonly editor: EditorRoute | null;
}

/** Answers a request; null when it is none of the registry's. */
export type Handler = (request: Request) => Promise<Response | null>;

export function createHandler(options: HandlerOptions): Handler {
  const { access, prefix } = options;
  return async (request) => {
    const url = new URL(request.url);
    const ours = url.pathname.startsWith(prefix);
    if (!ours && options.site === null) return null;
    const headers = baseHeaders(request, access);
    if (!access.hostAllowed(request.headers.get('Host') ?? url.host)) {
      return problem(403, 'This host name is not allowed: start with --allow-host to allow it.', headers);
    }
    if (!ours) return site({ ...options, source: options.site! }, request, url.pathname, headers);
    const rest = url.pathname.slice(prefix.length);
    if (rest.startsWith('publish/')) return options.publish(request, rest.slice('publish/'.length), headers);
    if (rest === 'editor' && options.editor !== null) return options.editor(request, headers);
    if (!isReading(request)) return notAllowed(headers);
    return route(options, request, rest, headers);
  };
}

function baseHeaders(request: Request, access: Access): Headers {
  const headers = new Headers({ 'X-Content-Type-Options': 'nosniff' });
  const origin = request.headers.get('Origin');
  // For those too that send no origin: a cache may not give one the answer of the other.
  if (access.crossOrigin) headers.set('Vary', 'Origin');
  if (access.crossOriginAllowed(origin)) {
    headers.set('Access-Control-Allow-Origin', origin!);
    headers.set('Access-Control-Expose-Headers', 'ETag, Modcast-Deploy');
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
  } else {
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  }
  return headers;
}

async function route(
  options: HandlerOptions,
  request: Request,
  rest: string,
  headers: Headers,
): Promise<Response> {
  const [name, first = '', ...more] = rest.split('/');
  const tail = more.join('/');
  if (rest === 'loader.js' || rest === 'hot.js') {
    const bytes = await (rest === 'hot.js' ? options.hot() : options.loader());
    const type = 'text/javascript';
    // Pages name the version they were made for: that one never changes, and a warm boot does not ask for it.
    const named = new URL(request.url).searchParams.get('v') === loaderVersion(bytes);
    const freshness = named ? 'immutable' : 'revalidate';
    return answer(request, { bytes, type, freshness, tag: blake3(bytes) }, headers);
  }
  if (rest === 'health') {
    const bytes = new TextEncoder().encode(JSON.stringify(await options.health()));
    return answer(request, { bytes, type: 'application/json', freshness: 'revalidate' }, headers);
  }
  if (name === 'channels' && tail === 'manifest.json')
    return channelManifest(options, request, first, headers);
  if (name === 'deploys' && /^[1-9]\d{0,14}$/.test(first)) {
    if (tail === 'manifest.json') return deployManifest(options, request, Number(first), headers);
    if (more[0] === 'at')
      return deployFile(options, request, Number(first), more.slice(1).join('/'), headers);
  }
  if (name === 'modules' && isHash(first)) {
    const module = () => moduleFile(options, request, first, tail, headers);
    return exposed(options.exposure.blob(request, first), headers, module);
  }
  if (name === 'blobs' && isHash(first) && tail === '') {
    return exposed(options.exposure.blob(request, first), headers, async () => {
      const bytes = await visibleBytes(options, first);
      if (bytes === undefined) return problem(404, 'No such blob.', headers);
      const type = 'application/octet-stream';
      return answer(request, { bytes, type, freshness: 'immutable', tag: first }, headers);
    });
  }
  return problem(404, 'No such route.', headers);
}

async function channelManifest(
  { catalog }: HandlerOptions,
  request: Request,
  channel: string,
  headers: Headers,
): Promise<Response> {
  const head = CHANNEL_PATTERN.test(channel) ? await catalog.head(channel) : null;
  if (head === null) return problem(404, `No deploy on channel ${channel}.`, headers);
  headers.set('Modcast-Deploy', String(head.deploy.number));
  const bytes = manifestBytes(head.manifest);
  const tag = head.deploy.manifest;
  return answer(request, { bytes, type: 'application/json', freshness: 'revalidate', tag }, headers);
}

async function deployManifest(
  { store, catalog, exposure }: HandlerOptions,
  request: Request,
  number: number,
  headers: Headers,
): Promise<Response> {
  const deploy = await store.deploy(number);
  return exposed(exposure.deploy(request, deploy), headers, async () => {
    if (deploy === null) return problem(404, `No deploy ${number}.`, headers);
    headers.set('Modcast-Deploy', String(number));
    const bytes = manifestBytes(await catalog.manifest(deploy));
    const tag = deploy.manifest;
    return answer(request, { bytes, type: 'application/json', freshness: 'immutable', tag }, headers);
  });
}

/** Answers with what may be seen, or says which token that needs. */
async function exposed(
  seen: Promise<Grounds>,
  headers: Headers,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    const grounds = await seen;
    const response = await work();
    // What one may see for his token is not for caches that others use.
    if (grounds === 'token' && response.ok) {
      const control = response.headers.get('Cache-Control') ?? '';
      response.headers.set('Cache-Control', control.replace('public', 'private'));
    }
    return response;
  } catch (error) {
    const authenticate = error instanceof ModcastError ? challenge(error.code) : undefined;
    if (authenticate === undefined) throw error;
    const { code, message } = error as ModcastError;
    headers.set('WWW-Authenticate', authenticate);
    return problem(code === 'token-narrow' ? 403 : 401, `${message} (${code})`, headers);
  }
}

/** A module as its author wrote it, at a URL below which relative imports stay in the same deploy. */
async function deployFile(
  options: HandlerOptions,
  request: Request,
  number: number,
  pathname: string,
  headers: Headers,
): Promise<Response> {
  const path = pathFromUrl(pathname);
  if (path === undefined) return problem(400, 'Not a path.', headers);
  const deploy = await options.store.deploy(number);
  return exposed(options.exposure.deploy(request, deploy), headers, async () => {
    const module = deploy === null ? undefined : (await options.catalog.manifest(deploy)).modules.get(path);
    const bytes = module === undefined ? undefined : await visibleBytes(options, module.hash);
    if (bytes === undefined) return problem(404, `Deploy ${number} has no ${path}.`, headers);
    const type = contentType(path);
    return answer(request, { bytes, type, freshness: 'immutable', tag: module!.hash }, headers);
  });
}

async function moduleFile(
  options: HandlerOptions,
  request: Request,
  hash: Hash,
  pathname: string,
  headers: Headers,
): Promise<Response> {
  const path = pathFromUrl(pathname);
  if (path === undefined) return problem(400, 'Not a path.', headers);
  const kind = moduleKind(contentType(path));
  const blob = kind === undefined ? undefined : await visibleBlob(options, hash);
  const bytes = blob === undefined ? undefined : linkedModule(path, blob);
  if (bytes === undefined) return problem(404, 'No such module.', headers);
  return answer(request, { bytes, type: contentType(path), freshness: 'immutable', tag: hash }, headers);
}

/** Blobs are read by hash alone; one that no channel's deploy names is not there. */
async function visibleBlob({ store, blobs }: HandlerOptions, hash: Hash) {
  for (const channel of await store.channels()) {
    if ((await store.visible(channel, [hash])).has(hash)) return (await blobs.read([hash])).get(hash);
  }
  return undefined;
}

const visibleBytes = async (options: HandlerOptions, hash: Hash) => (await visibleBlob(options, hash))?.bytes;
