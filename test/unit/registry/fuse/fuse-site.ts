import { FuseJobs, type JoinResult, type PlanResult } from '../../../../registry/fuse/fuse-jobs.js';
import { createGraph, type FuseGraph } from '../../../../registry/fuse/fuse-graph.js';
import { readRecord } from '../../../../registry/fuse/module-record.js';
import {
  cutRuns,
  findStructure,
  planOf as planFrom,
  type CutOptions,
  type FusePlan,
} from '../../../../registry/fuse/plan.js';
import { EMPTY_IMPORT_MAP, parseImportMap, PLACEHOLDER_ROOT, Resolver } from '../../../../importmap/index.js';
import { blake3 } from '../../../../registry/hash.js';
import {
  decodeFusion,
  type Fusion,
  type Hash,
  type Manifest,
  type Path,
  type SiteImportMap,
} from '../../../../schema/index.js';

/** Texts of modules by path. */
export type Files = Readonly<Record<Path, string>>;

const encoder = new TextEncoder();

const typeOf = (path: Path): string =>
  path.endsWith('.json') ? 'application/json' : path.endsWith('.css') ? 'text/css' : 'text/javascript';

const hashOf = (text: string): Hash => blake3(encoder.encode(text));

export function manifestOf(
  files: Files,
  entries: readonly Path[],
  importMap: SiteImportMap | null = null,
): Manifest {
  const modules = Object.entries(files).map(
    ([path, text]) => [path, { hash: hashOf(text), size: text.length, type: typeOf(path) }] as const,
  );
  return { modules: new Map(modules), entries, importMap };
}

export function graphOf(files: Files, importMap: SiteImportMap | null = null): FuseGraph {
  const texts = new Map(Object.values(files).map((text) => [hashOf(text), text]));
  const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, PLACEHOLDER_ROOT).map;
  return createGraph(
    manifestOf(files, [], importMap),
    (hash) => readRecord(texts.get(hash)!),
    new Resolver(map),
    PLACEHOLDER_ROOT,
  );
}

type PlanOptions = Partial<CutOptions> & { readonly refused?: ReadonlyMap<Path, string> };

export function planOf(
  files: Files,
  entries: readonly Path[],
  { refused, ...options }: PlanOptions = {},
): FusePlan {
  const sizeOf = (path: Path) => files[path]!.length;
  const graph = graphOf(files);
  const structure = findStructure({ graph, entries, ...(refused === undefined ? {} : { refused }) });
  return planFrom(graph, structure, cutRuns(structure, { sizeOf, digest: () => 1, ...options }));
}

/** The members of each run. */
export const runsOf = (files: Files, entries: readonly Path[], options?: PlanOptions) =>
  planOf(files, entries, options).runs.map(({ members }) => members.join(' '));

/** A site with its joined runs. */
export interface FusedFiles {
  readonly fusion: Fusion;
  /** The text of each run, by name. */
  readonly runs: ReadonlyMap<Path, string>;
}

/** Plans and joins until no member is refused. */
export async function fuseFiles(files: Files, entries: readonly Path[]): Promise<FusedFiles> {
  const jobs = new FuseJobs();
  const manifest = manifestOf(files, entries);
  const modules = [...manifest.modules].map(
    ([path, { hash, size, type }]) => [path, hash, size, type] as const,
  );
  const sources = Object.values(files).map((text) => [hashOf(text), encoder.encode(text)] as const);
  const refused: [Path, string][] = [];
  for (;;) {
    const rest = { importMap: null, entries, sources, records: [], refused };
    const job = { kind: 'plan', root: PLACEHOLDER_ROOT, modules, isDifference: false, ...rest } as const;
    const { plan } = (await jobs.run(job)) as PlanResult;
    if (plan.state !== 'whole') throw new Error('expected a whole plan');
    const runs = new Map<Path, string>();
    const known = refused.length;
    for (const { name } of plan.runs) {
      const join = { kind: 'join', run: name, sources, sourcemap: false } as const;
      const joined = (await jobs.run(join)) as JoinResult;
      if (joined.state === 'joined') runs.set(name, joined.code);
      else refused.push(...joined.paths.map((path): [Path, string] => [path, joined.reason]));
    }
    if (refused.length > known) continue;
    const joined = new Map(plan.runs.map(({ name, key }) => [name, { hash: key, digest: null, size: 1 }]));
    const encode = { kind: 'encode', manifest: '0'.repeat(64), joined } as const;
    return { fusion: decodeFusion((await jobs.run(encode)) as Uint8Array), runs };
  }
}
