import remapping from '@jridgewell/remapping';
import { pathToUrl, type Hash, type Manifest, type Path } from '../../../schema/index.js';
import type { HistoryAccess } from '../../auth/history-access.js';
import type { VerifiedBlobs } from '../../content/verified-blobs.js';
import type { Fusions } from '../../fuse/fusions.js';
import { answer, problem } from '../response/answer.js';
import { keepAsDictionary, type RunDictionaries } from '../response/run-dictionaries.js';
import { withAccess } from './with-access.js';

export interface RunContext {
  /** Path of the site's root. */
  readonly base: string;
  /** Of the registry's routes, below `base`. Starts and ends with "/". */
  readonly prefix: string;
  readonly dictionaries: RunDictionaries;
  readonly blobs: Pick<VerifiedBlobs, 'read'>;
  readonly history: Pick<HistoryAccess, 'deploy' | 'isPublic'>;
  /** The source map of a module that a transform has made, by its hash. */
  readonly mapOf: (hash: Hash) => Promise<string | undefined>;
  readonly fusions: Pick<Fusions, 'owner' | 'bytes' | 'sourceMap' | 'finished'>;
}

const decoder = new TextDecoder();

/** The URL of a path of the site, relative to what is directly below `<prefix>runs/`. */
export const siteFromRuns = (prefix: string): string => '../'.repeat(prefix.split('/').length - 1);

/**
 * A run's source map for tools: its sources are the modules as they were written, at their natural URLs.
 *
 * @param map whose sources are paths of the manifest
 * @param toSite leads from the map's URL to the site's root
 * @param mapOf the map of a module that a transform has made, by its hash
 */
export async function runSourceMap(
  map: string,
  manifest: Manifest,
  blobs: Pick<VerifiedBlobs, 'read'>,
  toSite: string,
  mapOf: (hash: Hash) => Promise<string | undefined>,
): Promise<Uint8Array> {
  const json = await writtenMap(map, manifest, mapOf);
  const hashOf = (path: Path | null): Hash => manifest.modules.get(path ?? '')?.hash ?? '';
  const found = await blobs.read(json.sources.map(hashOf).filter((hash) => hash !== ''));
  const contents = json.sources.map((path, at) => {
    const own = json.written.get(path ?? '');
    if (own !== undefined) return own;
    const bytes = found.get(hashOf(path))?.bytes;
    return bytes === undefined ? (json.sourcesContent?.[at] ?? null) : decoder.decode(bytes);
  });
  const sources = json.sources.map((path) =>
    path !== null && manifest.modules.has(path) ? toSite + pathToUrl(path) : path,
  );
  const { written: _, ...rest } = json;
  return new TextEncoder().encode(JSON.stringify({ ...rest, sources, sourcesContent: contents }));
}

interface RunMap {
  readonly sources: (Path | null)[];
  readonly sourcesContent?: (string | null)[];
  /** The texts of sources that a transform takes, by path. */
  readonly written: ReadonlyMap<Path, string>;
}

/** The map of a run, traced through those of its transformed members. */
async function writtenMap(
  map: string,
  manifest: Manifest,
  mapOf: (hash: Hash) => Promise<string | undefined>,
): Promise<RunMap> {
  const own = JSON.parse(map) as Omit<RunMap, 'written'>;
  const maps = new Map<Path, string>();
  const written = new Map<Path, string>();
  for (const path of own.sources) {
    const module = manifest.modules.get(path ?? '');
    const found = module === undefined ? undefined : await mapOf(module.hash);
    if (path === null || found === undefined) continue;
    const json = JSON.parse(found) as { sourcesContent: [string] };
    written.set(path, json.sourcesContent[0]);
    maps.set(path, JSON.stringify({ ...json, sources: [path] }));
  }
  if (maps.size === 0) return { ...own, written };
  const traced = remapping(map, (path, { depth }) => (depth === 1 ? (maps.get(path) ?? null) : null));
  return { ...(JSON.parse(traced.toString()) as Omit<RunMap, 'written'>), written };
}

/**
 * A run, or the fusion that names it, of a deploy that the request may read.
 *
 * @param deltaOf what has changed since a version that the client has
 */
export async function derivedResponse(
  { fusions, history }: Pick<RunContext, 'fusions' | 'history'>,
  request: Request,
  { hash, type, name }: { readonly hash: Hash; readonly type: string; readonly name: string },
  headers: Headers,
  deltaOf?: (bytes: Uint8Array) => Uint8Array | undefined,
): Promise<Response> {
  const missing = () => problem(404, `No such ${name}.`, headers);
  const owner = await fusions.owner(hash, (deploy) => history.isPublic(deploy));
  if (owner === undefined) return missing();
  return withAccess(history.deploy(request, owner.deploy), headers, async () => {
    const bytes = await fusions.bytes(hash);
    if (bytes === undefined) return missing();
    const delta = deltaOf?.(bytes);
    return answer(request, { bytes, type, freshness: 'immutable', tag: hash, delta }, headers);
  });
}

/** The code of a run. Its path only names it in stack traces. */
export async function runResponse(
  context: RunContext,
  request: Request,
  { hash, name, depth }: { readonly hash: Hash; readonly name: string; readonly depth: number },
  headers: Headers,
): Promise<Response> {
  const { base, prefix, dictionaries } = context;
  const response = await derivedResponse(
    context,
    request,
    { hash, type: 'text/javascript', name: 'run' },
    headers,
    (bytes) => {
      dictionaries.learn(bytes);
      return dictionaries.delta(request, bytes);
    },
  );
  if (!response.ok) return response;
  response.headers.set('SourceMap', `${'../'.repeat(depth)}${hash}.map`);
  keepAsDictionary(response.headers, `${base}${prefix.slice(1)}runs/`, name);
  return response;
}

/** The source map of a run, made when a tool asks for it. */
export async function runMapResponse(
  context: RunContext,
  request: Request,
  hash: Hash,
  headers: Headers,
): Promise<Response> {
  const { fusions, history, blobs, prefix } = context;
  const owner = await fusions.owner(hash, (deploy) => history.isPublic(deploy));
  if (owner === undefined) return problem(404, 'No such run.', headers);
  return withAccess(history.deploy(request, owner.deploy), headers, async () => {
    const map = await fusions.sourceMap(hash);
    if (map === undefined) return problem(404, 'No such run.', headers);
    const bytes = await runSourceMap(map, owner.manifest, blobs, siteFromRuns(prefix), context.mapOf);
    return answer(request, { bytes, type: 'application/json', freshness: 'immutable', tag: hash }, headers);
  });
}
