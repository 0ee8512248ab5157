import { fusionOfUrl, manifestOfUrl, type WorkerModuleOptions } from '../../../importmap/index.js';
import {
  pathToUrl,
  placeOfModuleKey,
  runKey,
  type Fusion,
  type Hash,
  type Manifest,
  type Path,
} from '../../../schema/index.js';
import { workerPiece } from '../../content/worker-module.js';
import { facadesOf } from '../../fuse/facades.js';
import type { Fusions } from '../../fuse/fusions.js';
import { keepNewest } from '../../keep-newest.js';
import { answer, problem } from '../response/answer.js';
import { workerOptions, type DeployRequestContext } from './worker-options.js';

export interface JoinedWorkerContext extends DeployRequestContext {
  readonly fusions: Pick<Fusions, 'bytes'>;
}

/**
 * The fusion that a URL of a worker names. Undefined where it names none, and where the server does not have
 * it any more.
 */
export async function fusionOfWorker(
  { direct }: Pick<DeployRequestContext, 'direct'>,
  search: string,
): Promise<Fusion | undefined> {
  const hash = fusionOfUrl(search);
  const fusion = hash === undefined ? undefined : await direct.byHash(hash);
  const isWhole = fusion?.runs.every((run) => run.hash !== null) === true;
  return isWhole && fusion.manifest === manifestOfUrl(search) ? fusion : undefined;
}

/** Leads from the keys by which runs import, to places below the site's root. */
export function placesOfKeys({ runs }: Fusion, prefix: string): (key: string) => string | undefined {
  const places = new Map(
    runs.map(({ name, hash }) => [runKey(name), `${prefix.slice(1)}runs/${hash}/${pathToUrl(name)}`]),
  );
  return (key) => places.get(key) ?? placeOfModuleKey(key);
}

/** Texts of one run or facade that are kept. */
const KEPT = 4;

const made = new WeakMap<Uint8Array, Map<string, Uint8Array>>();

/** A run or facade as a worker runs it: the same object for as long as it is kept. */
function pieceOf(bytes: Uint8Array, options: WorkerModuleOptions): Uint8Array {
  const key = `${options.deploy} ${options.runtime} ${options.url}`;
  const known = made.get(bytes) ?? new Map<string, Uint8Array>();
  made.set(bytes, known);
  return known.get(key) ?? keepNewest(known, key, workerPiece(bytes, options), KEPT);
}

/** What leads a worker from a member of a run to that run. Undefined for a single module. */
export function workerFacadeOf(
  fusion: Fusion,
  manifest: Manifest,
  path: Path,
  base: string,
  options: WorkerModuleOptions,
): Uint8Array | undefined {
  const facade = facadesOf(fusion, manifest, base).of(path);
  // Another spelling of a URL, or a query, is another instance.
  const isOwn = options.url.endsWith(base + pathToUrl(path)) && options.place === pathToUrl(path);
  return facade === undefined || !isOwn ? undefined : pieceOf(facade, options);
}

/** The code of a run for a worker, at `/-/runs/<hash>/<name>?modcast=<manifest>.<fusion>`. */
export async function workerRunResponse(
  context: JoinedWorkerContext,
  request: Request,
  { hash, name, depth }: { readonly hash: Hash; readonly name: string; readonly depth: number },
  headers: Headers,
): Promise<Response> {
  const { history, page, fusions, base, prefix } = context;
  const { search, origin } = new URL(request.url);
  const fusion = await fusionOfWorker(context, search);
  const manifest = fusion && (await history.manifest(page.channel, fusion.manifest));
  const run = fusion?.runs.find((one) => one.hash === hash && pathToUrl(one.name) === name);
  const bytes = run && manifest ? await fusions.bytes(hash) : undefined;
  if (fusion === undefined || !manifest || bytes === undefined)
    return problem(404, 'No such run of a deploy that is public.', headers);
  const place = `${prefix.slice(1)}runs/${hash}/${name}`;
  const options = await workerOptions(context, { manifest, search, place, url: origin + base + place });
  const code = pieceOf(bytes, { ...options, placeOfKey: placesOfKeys(fusion, prefix) });
  headers.set('SourceMap', `${'../'.repeat(depth)}${hash}.map`);
  return answer(request, { bytes: code, type: 'text/javascript', freshness: 'immutable' }, headers);
}
