import { createHash } from 'node:crypto';
import {
  EMPTY_IMPORT_MAP,
  ModuleGraph,
  ResolvedImports,
  Resolver,
  generateImportMap,
  linkForHttp,
  moduleAt,
  moduleUrl,
  naturalUrl,
  parseImportMap,
  type ImportMapJson,
  type Site,
} from '../../importmap/index.js';
import { NO_LINKS, isModuleType, pathToUrl, type Manifest } from '../../schema/index.js';
import { moduleKind } from '../content/media-type.js';
import type { BlobReader } from './read-blob.js';
import { readBlob } from './read-blob.js';
import type { Store } from '../store/store.js';

/** The targets of a map: modules that a registry links (`http`), or a deploy's unchanged files (`path`). */
export type MapTargets = 'http' | 'path';

export interface DeployMapOptions {
  readonly targets: MapTargets;
  /** Base of the natural URLs. Ends with "/". */
  readonly root: string;
  /** Base of the targets: the registry's prefix for `http`, the deploy's files for `path`. Ends with "/". */
  readonly base: string;
  /** Whether to add the hashes of the targets. */
  readonly integrity: boolean;
}

export interface Preload {
  readonly href: string;
  readonly integrity: string | undefined;
}

/** What a page without the loader needs to run a deploy. */
export interface DeployMap {
  readonly map: ImportMapJson;
  /** Modules of the entries' static closure, in order of evaluation. */
  readonly preloads: readonly Preload[];
}

/** The bytes that a registry or a file server sends for a module. */
async function servedBytes(
  store: BlobReader,
  path: string,
  hash: string,
  linked: boolean,
): Promise<readonly (Uint8Array | string)[]> {
  const bytes = await readBlob(store, hash);
  const [blob] = linked ? await store.blobs([hash]) : [];
  if (blob === undefined || blob.links?.state === 'unparsed') return [bytes];
  return linkForHttp(bytes, blob.links ?? NO_LINKS, `/${pathToUrl(path)}`);
}

/** Subresource Integrity of the concatenated parts. */
function integrityOf(parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha384');
  for (const part of parts) hash.update(part);
  return `sha384-${hash.digest('base64')}`;
}

/**
 * The import map of a manifest for pages without the loader.
 * @throws ModcastError `blob-unknown`, `blob-damaged`
 */
export async function deployMap(
  store: Pick<Store, 'blobs' | 'links'>,
  manifest: Manifest,
  { targets, root, base, integrity }: DeployMapOptions,
): Promise<DeployMap> {
  const site: Site = { root, manifest };
  const resolver = new Resolver(
    manifest.importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(manifest.importMap, root).map,
  );
  const modules = [...manifest.modules].filter(([, { type }]) => isModuleType(type));
  const urls = modules.map(([path]) => naturalUrl(root, path)).toSorted();
  const targetOf = (url: string): string | undefined => {
    const module = moduleAt(site, url);
    if (module === undefined) return undefined;
    return targets === 'http' ? moduleUrl(base, module, root) : base + pathToUrl(module.path);
  };
  const generated = generateImportMap(site, resolver, urls, targetOf);
  const hashes: Record<string, string> = {};
  if (integrity) {
    for (const url of urls) {
      const module = moduleAt(site, url)!;
      const linked = targets === 'http' && moduleKind(module.type) === 'javascript';
      hashes[targetOf(url)!] = integrityOf(await servedBytes(store, module.path, module.hash, linked));
    }
  }
  const links = await store.links([...new Set(modules.map(([, { hash }]) => hash))]);
  const graph = new ModuleGraph(site, new ResolvedImports(resolver), (hash) => links.get(hash) ?? null);
  const { modules: closure } = graph.closure(manifest.entries.map((path) => naturalUrl(root, path)));
  return {
    map: integrity ? { ...generated, integrity: { ...generated.integrity, ...hashes } } : generated,
    preloads: closure.flatMap((module) => {
      const href = moduleKind(module.type) === 'javascript' ? targetOf(module.url) : undefined;
      return href === undefined ? [] : [{ href, integrity: hashes[href] }];
    }),
  };
}
