import { ModcastError } from './errors.js';
import { isHash, type Hash } from './hash.js';
import { LIMITS } from './limits.js';
import { pathProblem, type Path } from './path.js';

export interface ManifestModule {
  readonly hash: Hash;
  /** Bytes of the blob. */
  readonly size: number;
  /** Media type without parameters, `text/javascript`. */
  readonly type: string;
}

/** The import map of the site's pages, as the author wrote it (JSON). */
export type SiteImportMap = { readonly [key: string]: unknown };

/** Whether a file of this type can be a module. The others in a manifest are pages and assets. */
export const isModuleType = (type: string): boolean =>
  /^(?:text\/(?:javascript|css)|application\/json)$/.test(type);

/**
 * All files of a site at one time: its modules, its pages, and its assets such as images. It does not say
 * what a module imports: that follows from the links of its blob, its path and the import map.
 */
export interface Manifest {
  /** Also pages and assets: see `isModuleType`. */
  readonly modules: ReadonlyMap<Path, ManifestModule>;
  /** Modules that the site's pages load first, sorted. */
  readonly entries: readonly Path[];
  readonly importMap: SiteImportMap | null;
}

/** A file in a manifest's JSON: [path, hash, size, type]. */
export type ManifestRow = readonly [path: Path, hash: Hash, size: number, type: string];

export interface ManifestJson {
  readonly modcast: 1;
  readonly entries: readonly Path[];
  readonly importMap: SiteImportMap | null;
  readonly modules: readonly ManifestRow[];
}

/** The difference between two manifests. Entries and import map are small, so they are complete. */
export interface ManifestDelta {
  readonly entries: readonly Path[];
  readonly importMap: SiteImportMap | null;
  readonly set: readonly ManifestRow[];
  readonly delete: readonly Path[];
}

export const EMPTY_MANIFEST: Manifest = { modules: new Map(), entries: [], importMap: null };

/** Compares UTF-16 code units, as `Array.prototype.sort` does: the same order in every engine. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  // fromEntries defines properties and does not assign them: a key `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => byCodeUnit(a, b))
      .map(([key, inner]) => [key, sortedKeys(inner)]),
  );
}

const row = (path: Path, module: ManifestModule): ManifestRow => [
  path,
  module.hash,
  module.size,
  module.type,
];

/** Equal manifests give equal JSON: modules, entries and the keys of the import map are sorted. */
export function manifestToJson(manifest: Manifest): ManifestJson {
  return {
    modcast: 1,
    entries: manifest.entries.toSorted(byCodeUnit),
    importMap: sortedKeys(manifest.importMap) as SiteImportMap | null,
    modules: [...manifest.modules]
      .toSorted(([a], [b]) => byCodeUnit(a, b))
      .map(([path, module]) => row(path, module)),
  };
}

/** The bytes that a manifest's hash is computed from: canonical JSON in UTF-8, without white space. */
export function manifestBytes(manifest: Manifest): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(manifestToJson(manifest)));
}

function fail(expected: string, found: unknown): never {
  const shown = JSON.stringify(found)?.slice(0, 120);
  throw new ModcastError('manifest-invalid', `manifest: expected ${expected}, found ${shown}`, {
    expected,
    found,
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkPath(value: unknown): Path {
  if (typeof value !== 'string') fail('a path', value);
  const problem = pathProblem(value);
  if (problem !== undefined) fail(`a path (${problem})`, value);
  return value;
}

function checkPaths(value: unknown): Path[] {
  if (!Array.isArray(value) || value.length > LIMITS.manifestModules) fail('a list of paths', value);
  return value.map(checkPath);
}

function checkImportMap(value: unknown): SiteImportMap | null {
  if (value !== null && !isObject(value)) fail('an import map or null', value);
  return value;
}

function checkRows(value: unknown): Map<Path, ManifestModule> {
  if (!Array.isArray(value) || value.length > LIMITS.manifestModules) fail('a list of modules', value);
  const modules = new Map<Path, ManifestModule>();
  for (const item of value as unknown[]) {
    if (!Array.isArray(item) || item.length !== 4) fail('[path, hash, size, type]', item);
    const [path, hash, size, type] = item as unknown[];
    if (!isHash(hash)) fail('a hash', hash);
    if (!Number.isSafeInteger(size) || (size as number) < 0) fail('a size in bytes', size);
    if (typeof type !== 'string' || !/^[\w.+-]+\/[\w.+-]+$/.test(type)) fail('a media type', type);
    if (modules.has(checkPath(path))) fail('each path once', path);
    modules.set(path as Path, { hash, size: size as number, type });
  }
  return modules;
}

/** @throws ModcastError `manifest-invalid` */
export function manifestFromJson(json: unknown): Manifest {
  if (!isObject(json) || json['modcast'] !== 1) fail('{"modcast": 1, …}', json);
  return {
    entries: checkPaths(json['entries']),
    importMap: checkImportMap(json['importMap']),
    modules: checkRows(json['modules']),
  };
}

export function diffManifests(from: Manifest, to: Manifest): ManifestDelta {
  const set: ManifestRow[] = [];
  for (const [path, module] of to.modules) {
    const old = from.modules.get(path);
    if (old?.hash !== module.hash || old.type !== module.type) set.push(row(path, module));
  }
  return {
    entries: to.entries,
    importMap: to.importMap,
    set,
    delete: [...from.modules.keys()].filter((path) => !to.modules.has(path)),
  };
}

/** @throws ModcastError `manifest-invalid` if the difference is malformed: it may come from the network */
export function applyDelta(from: Manifest, delta: ManifestDelta): Manifest {
  const modules = new Map(from.modules);
  for (const path of checkPaths(delta.delete)) modules.delete(path);
  for (const [path, module] of checkRows(delta.set)) modules.set(path, module);
  return { modules, entries: checkPaths(delta.entries), importMap: checkImportMap(delta.importMap) };
}
