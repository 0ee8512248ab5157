import { ModcastError } from './errors.js';
import { isHash, type Hash } from './hash.js';
import { pathToUrl, type Path } from './path.js';

/**
 * How the modules of a deploy are joined into runs, which boot faster than single modules. It is derived from
 * the deploy's manifest, and can be dropped and made again at any time.
 */
export interface Fusion {
  /** The manifest that it is made of. */
  readonly manifest: Hash;
  readonly runs: readonly FusedRun[];
  /** What each member of a run exports. */
  readonly exports: ReadonlyMap<Path, readonly ExportGroup[]>;
  /** Modules from which a page, a worker or an `import()` starts. */
  readonly roots: readonly Path[];
  /** Those of `roots` from which modules start workers. */
  readonly workers: readonly Path[];
  /**
   * For each member that is a root, or that a single module imports: the runs (by name), single modules
   * and URLs
   * (`placeOfUrl`) that it reaches, in evaluation order.
   */
  readonly order: ReadonlyMap<Path, readonly Path[]>;
}

/** Modules that are joined into one. */
export interface FusedRun {
  /** The path of its last member. */
  readonly name: Path;
  /** The hash of the run's bytes; null while it is not joined. Its members then run singly. */
  readonly hash: Hash | null;
  /** SHA-256 of its bytes, which browsers compute ten times as fast; null while it is not joined. */
  readonly digest: Hash | null;
  readonly size: number;
  /** In evaluation order. */
  readonly members: readonly Path[];
  /** Runs that it imports, by name. */
  readonly runs: readonly Path[];
  /** Modules that it imports singly: those in no run, and members whose namespace object it uses. */
  readonly modules: readonly Path[];
  /** What its members name in an `import()`, or may. */
  readonly dynamic: readonly Path[];
}

/** Bindings that one module defines, as another one exports them. */
export interface ExportGroup {
  /** The module that defines them. */
  readonly from: Path;
  /** Pairs: the exported name, and the name at `from`. `NAMESPACE` is the namespace object of `from`. */
  readonly names: readonly (readonly [exported: string, name: string])[];
}

export const NAMESPACE = '*';

/** Prefix of the keys of runs in an import map. */
const RUN_KEY = 'modcast:run/';

/** Prefix of the keys by which runs import single modules, and namespace objects of members. */
const MODULE_KEY = 'modcast:module/';

/** The key by which a run is imported. */
export const runKey = (name: Path): string => RUN_KEY + pathToUrl(name);

/** The key by which runs import a module that is in none, or a namespace object. */
export const moduleKey = (path: Path): string => MODULE_KEY + pathToUrl(path);

/**
 * Stands for a URL where a path may stand: a module of another site, or another instance of one of the
 * site. No
 * path begins with a slash.
 */
export const placeOfUrl = (url: string, root: string): Path =>
  `/${url.startsWith(root) ? `./${url.slice(root.length)}` : url}`;

export const isPlaceOfUrl = (place: Path): boolean => place.startsWith('/');

/** What follows the prefix of a module's key: a path, percent-encoded. Undefined for another text. */
export const placeOfModuleKey = (key: string): string | undefined =>
  key.startsWith(MODULE_KEY) ? key.slice(MODULE_KEY.length) : undefined;

/** The name under which a run exports a binding of a member. */
export const exportName = (path: Path, name: string): string => `${path}#${name}`;

type NameJson = string | readonly [exported: string, name: string];

/** Modules by their place in `paths`. */
interface FusionJson {
  readonly modcast: 1;
  readonly manifest: Hash;
  readonly paths: readonly Path[];
  readonly runs: readonly (readonly [
    name: number,
    hash: Hash | null,
    digest: Hash | null,
    size: number,
    members: readonly number[],
    runs: readonly number[],
    modules: readonly number[],
    dynamic: readonly number[],
  ])[];
  /** Member, then groups: the defining module, and names. A name is a text where it is the same at both. */
  readonly exports: readonly (readonly [member: number, ...groups: (readonly [number, ...NameJson[]])[]])[];
  readonly roots: readonly number[];
  /** Absent where there are none. */
  readonly workers?: readonly number[];
  readonly order: readonly (readonly [member: number, ...pieces: number[]])[];
}

/** Equal fusions give equal bytes. */
export function encodeFusion({
  manifest,
  runs,
  exports,
  roots,
  workers,
  order,
}: Fusion): Uint8Array<ArrayBuffer> {
  const places = new Map<Path, number>();
  const at = (path: Path) => {
    let place = places.get(path);
    if (place === undefined) places.set(path, (place = places.size));
    return place;
  };
  const body: Omit<FusionJson, 'modcast' | 'manifest' | 'paths'> = {
    runs: runs.map((run) => [
      at(run.name),
      run.hash,
      run.digest,
      run.size,
      run.members.map(at),
      run.runs.map(at),
      run.modules.map(at),
      run.dynamic.map(at),
    ]),
    exports: [...exports].map(([member, groups]) => [
      at(member),
      ...groups.map(({ from, names }): readonly [number, ...NameJson[]] => [
        at(from),
        ...names.map((pair): NameJson => (pair[0] === pair[1] ? pair[0] : pair)),
      ]),
    ]),
    roots: roots.map(at),
    ...(workers.length > 0 ? { workers: workers.map(at) } : {}),
    order: [...order].map(([member, pieces]) => [at(member), ...pieces.map(at)]),
  };
  return new TextEncoder().encode(
    JSON.stringify({ modcast: 1, manifest, paths: [...places.keys()], ...body }),
  );
}

/**
 * Reads what `encodeFusion` made. Its bytes are checked by their hash, so this looks at the format only.
 *
 * @throws ModcastError `message-invalid`
 */
export function decodeFusion(bytes: Uint8Array): Fusion {
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as FusionJson;
    if (json.modcast !== 1 || !json.paths.every((path) => typeof path === 'string'))
      throw new TypeError('not of version 1');
    const path = (place: number): Path => {
      const found = json.paths[place];
      if (found === undefined) throw new RangeError(`no path ${place}`);
      return found;
    };
    return {
      manifest: json.manifest,
      runs: json.runs.map(([name, hash, digest, size, members, runs, modules, dynamic]) => ({
        name: path(name),
        hash: isHash(hash) ? hash : null,
        digest: isHash(digest) ? digest : null,
        size,
        members: members.map(path),
        runs: runs.map(path),
        modules: modules.map(path),
        dynamic: dynamic.map(path),
      })),
      exports: new Map(
        json.exports.map(([member, ...groups]) => [
          path(member),
          groups.map(([from, ...names]) => ({
            from: path(from),
            names: names.map((name) => (typeof name === 'string' ? ([name, name] as const) : name)),
          })),
        ]),
      ),
      roots: json.roots.map(path),
      workers: (json.workers ?? []).map(path),
      order: new Map(json.order.map(([member, ...pieces]) => [path(member), pieces.map(path)])),
    };
  } catch (error) {
    throw new ModcastError('message-invalid', `fusion: ${String(error)}`, { cause: error });
  }
}
