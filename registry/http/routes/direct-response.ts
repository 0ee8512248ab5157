import { deployUrl, ENTRY } from '../../../importmap/index.js';
import { isModuleType, moduleKey, pathFromUrl, pathToUrl, type Hash } from '../../../schema/index.js';
import type { HistoryAccess } from '../../auth/history-access.js';
import { linkedModule } from '../../content/linked-module.js';
import { moduleKind, servedType } from '../../content/media-type.js';
import type { VerifiedBlobs } from '../../content/verified-blobs.js';
import type { DirectFusions } from '../../fuse/direct-fusions.js';
import type { FacadeIndex } from '../../fuse/facade-index.js';
import { facadesOf } from '../../fuse/facades.js';
import { loaderVersion } from '../../pages/loader-page.js';
import type { Fusions } from '../../fuse/fusions.js';
import { answer, problem } from '../response/answer.js';
import { isRunnable } from '../../fuse/module-record.js';
import { keepAsDictionary, type RunDictionaries } from '../response/run-dictionaries.js';
import { allowOwnUse } from '../response/sniffing.js';
import { withAccess } from './with-access.js';

export interface DirectContext {
  readonly base: string;
  /** Of the registry's routes, below `base`. Starts and ends with "/". */
  readonly prefix: string;
  readonly dictionaries: RunDictionaries;
  readonly blobs: Pick<VerifiedBlobs, 'one'>;
  readonly history: Pick<HistoryAccess, 'deploy'>;
  readonly isMade: (hash: Hash) => boolean;
  /** Null where modules run singly. */
  readonly direct: Pick<DirectFusions, 'of' | 'byHash'> | null;
  readonly fusions: Pick<Fusions, 'owner'> | null;
  /** The script that workers of a deploy import first. */
  readonly workerRuntime: () => Promise<Uint8Array>;
}

export interface FacadeContext extends Pick<DirectContext, 'base' | 'prefix' | 'dictionaries'> {
  readonly facades: Pick<FacadeIndex, 'find'>;
  readonly history: Pick<HistoryAccess, 'deploy' | 'isPublic'>;
}

/** A facade by its hash, as import maps name it. Undefined for a hash that is not that of a facade. */
export async function facadeResponse(
  { base, prefix, dictionaries, facades, history }: FacadeContext,
  request: Request,
  { hash, path: written }: { readonly hash: Hash; readonly path: string },
  headers: Headers,
): Promise<Response | undefined> {
  const path = pathFromUrl(written);
  const found =
    path === undefined || written + new URL(request.url).search !== pathToUrl(path)
      ? undefined
      : await facades.find(path, hash, (deploy) => history.isPublic(deploy));
  if (found === undefined) return undefined;
  const { bytes, owner } = found;
  return withAccess(history.deploy(request, owner.deploy), headers, async () => {
    dictionaries.learn(bytes);
    keepAsDictionary(headers, `${base}${prefix.slice(1)}modules/`, written);
    const delta = dictionaries.delta(request, bytes);
    const body = { bytes, type: 'text/javascript', freshness: 'immutable', tag: hash, delta } as const;
    return answer(request, body, headers);
  });
}

/**
 * What a page that starts without the loader gets for a natural URL of its deploy: a facade for a module in a
 * run, another module linked, and the way to the site for all else.
 */
export async function directResponse(
  { base, prefix, dictionaries, blobs, history, isMade, direct, fusions, workerRuntime }: DirectContext,
  request: Request,
  { fusion: hash, path: written }: { readonly fusion: Hash; readonly path: string },
  headers: Headers,
): Promise<Response> {
  const missing = () => problem(404, 'No such deploy.', headers);
  const fusion = await direct?.byHash(hash);
  const owner = await fusions?.owner(hash);
  if (fusion === undefined || owner === undefined) return missing();
  const facades = facadesOf(fusion, owner.manifest, base);
  /** Relative to the prefix. */
  const allUrls = async () => {
    const start = await direct!.of(owner);
    const runs = fusion.runs.map((run) => `runs/${run.hash}/${pathToUrl(run.name)}`);
    const modules = [...owner.manifest.modules].filter(
      ([, { type }]) => isModuleType(type) && type !== 'text/css',
    );
    const toRoot = '../'.repeat(prefix.split('/').length - 2);
    const places = modules.map(([path]) => toRoot + pathToUrl(path));
    const runtime = `worker.js?v=${loaderVersion(await workerRuntime())}`;
    const ofWorkers = fusion.workers.length === 0 ? [] : [runtime, ...runs, ...places];
    const urls = [
      ...runs,
      ...modules.flatMap(([path, { hash: module }]) => [
        `direct/${hash}/${pathToUrl(path)}`,
        `modules/${module}/${pathToUrl(path)}`,
      ]),
      ...ofWorkers.map((url) => deployUrl(url, `${fusion.manifest}.${hash}`)),
      ...(start?.map.facades ?? []).map((path) => `modules/${facades.hash(path)}/${pathToUrl(path)}`),
    ];
    const bytes = new TextEncoder().encode(JSON.stringify(urls));
    return answer(request, { bytes, type: 'application/json', freshness: 'immutable' }, headers);
  };
  return withAccess(history.deploy(request, owner.deploy), headers, async () => {
    // Also an empty query makes another instance.
    const search = request.url.replace(/^[^?]*/, '');
    if (written === '') return allUrls();
    const path = pathFromUrl(written);
    // Another host could follow.
    if (path === undefined) return missing();
    const module = owner.manifest.modules.get(path);
    const toSite = () => {
      headers.set('Cache-Control', 'no-cache');
      headers.set('Location', base + written + search);
      return new Response(null, { status: 302, headers });
    };
    // Relative URLs of a style sheet are relative to its own.
    if (module !== undefined && search === ENTRY) {
      const bytes = new TextEncoder().encode(`import ${JSON.stringify(moduleKey(path))};`);
      return answer(request, { bytes, type: 'text/javascript', freshness: 'immutable' }, headers);
    }
    if (module === undefined || module.type === 'text/css') return toSite();
    // Another spelling of a URL is another instance.
    const facade = written + search === pathToUrl(path) ? facades.of(path) : undefined;
    if (facade !== undefined) {
      dictionaries.learn(facade);
      keepAsDictionary(headers, `${base}${prefix.slice(1)}direct/`, written);
      const delta = dictionaries.delta(request, facade);
      const body = {
        bytes: facade,
        type: 'text/javascript',
        freshness: 'immutable',
        tag: hash,
        delta,
      } as const;
      return answer(request, body, headers);
    }
    const type = servedType(path, isMade(module.hash) ? 'text/javascript' : undefined);
    const blob = moduleKind(type) === undefined ? undefined : await blobs.one(module.hash);
    // The browser's error tells a place in what the author wrote.
    const isBroken = type === 'text/javascript' && blob !== undefined && !isRunnable(blob.bytes);
    const bytes = isBroken ? blob.bytes : blob && linkedModule(path, blob, base + written, type);
    if (bytes === undefined) return toSite();
    allowOwnUse(request, path, headers);
    return answer(request, { bytes, type, freshness: 'immutable', tag: module.hash }, headers);
  });
}
