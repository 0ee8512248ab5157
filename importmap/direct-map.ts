import { isPlaceOfUrl, moduleKey, NAMESPACE, runKey, type Fusion } from '../schema/fusion.js';
import type { Hash } from '../schema/hash.js';
import { isModuleType } from '../schema/manifest.js';
import { pathToUrl, type Path } from '../schema/path.js';
import { FusedModules } from './fused-modules.js';
import { moduleUrl } from './generate.js';
import type { ImportMap, ImportMapJson, SpecifierMap } from './import-map.js';
import { naturalUrl, pathOfUrl, type Site } from './site.js';

export interface DirectMapOptions {
  /** The root's path is where browsers find the site. Its origin does not matter. */
  readonly site: Site;
  readonly fusion: Fusion;
  /** Of the fusion's bytes. */
  readonly hash: Hash;
  /** The hash of the facade of a member, by which browsers keep it from one deploy to the next. */
  readonly facadeHash: (member: Path) => Hash;
  /** Modules in no run that the site's entries and runs reach, each with what it imports statically. */
  readonly singles: ReadonlyMap<Path, readonly Path[]>;
  /** The same for those that only workers reach. */
  readonly workerSingles?: ReadonlyMap<Path, readonly Path[]>;
  /** The deploy's. */
  readonly map: ImportMap;
  /** Of the registry's routes, below the origin. Starts and ends with "/". */
  readonly prefix: string;
}

/** What a page needs so that the browser starts its modules without the loader. */
export interface DirectMap {
  readonly importMap: ImportMapJson;
  /** The URL, without its origin, of a module of the site at a natural URL; undefined for another one. */
  readonly urlOf: (url: string) => string | undefined;
  /** What the page has in place of the source of a module script. It fails where there is no import map. */
  readonly entryUrl: (entry: Path) => string;
  /** Members whose facades have URLs that do not depend on the deploy. */
  readonly facades: readonly Path[];
  /** URLs of all that an entry imports statically, and its own: JavaScript, and other modules. */
  readonly preloads: (entry: Path) => { readonly scripts: string[]; readonly others: string[] };
  /**
   * Of each module from which workers start: places below the site's root of all that it imports statically,
   * and its own.
   */
  readonly workers: () => Record<string, string[]>;
}

/** Where a deploy's modules are for pages that start without the loader. */
export const directPrefix = (prefix: string, fusion: Hash): string => `${prefix}direct/${fusion}/`;

/** The query of the module that leads from the source of a script to a single module. */
export const ENTRY = '?modcast-entry';

/** Whether a rule names a URL, and not a bare name. */
const namesUrl = (key: string): boolean => URL.canParse(key);

/** Modules that runs, facades and single modules import by their keys, and those from which a page starts. */
function namedModules(
  { runs, order, exports }: Fusion,
  singles: Iterable<Path>,
  { modules, entries }: Site['manifest'],
): Set<Path> {
  const names = new Set(runs.map(({ name }) => name));
  const objects = [...exports.values()].flatMap((groups) =>
    groups.flatMap(({ from, names: pairs }) => (pairs.some(([, name]) => name === NAMESPACE) ? from : [])),
  );
  const all = [
    ...singles,
    ...runs.flatMap((run) => run.modules),
    // A run has a key of its own.
    ...[...order.values()].flat().filter((piece) => !names.has(piece)),
    ...objects,
    ...entries,
  ];
  return new Set(all.filter((path) => !isPlaceOfUrl(path) && modules.has(path)));
}

/**
 * The import map of a page that starts without the loader. One rule sends all natural URLs of the site to the
 * deploy's, where the server has a facade for a module in a run. Runs, single modules and the facades that
 * are imported by their keys have rules of their own, as their URLs are the same in the next deploy.
 *
 * @returns undefined for a deploy or a page that needs the loader
 */
export function directMap({
  site,
  fusion,
  hash,
  facadeHash,
  singles,
  workerSingles = new Map(),
  map,
  prefix,
}: DirectMapOptions): DirectMap | undefined {
  const { root, manifest } = site;
  if (map.integrity.size > 0 || fusion.runs.some((run) => run.hash === null)) return undefined;
  // Scopes apply to importers at their natural URLs, which modules do not have here.
  if (map.scopes.size > 0 || [...map.imports.keys()].some(namesUrl)) return undefined;
  const fused = new FusedModules({ fusion, site });
  const members = new Set(fusion.runs.flatMap((run) => run.members));
  const base = new URL(root).pathname;
  const direct = directPrefix(prefix, hash);
  // Without its manifest, the server leaves bare names as they are.
  const hasNoMap = manifest.importMap === null;
  const named = namedModules(fusion, singles.keys(), manifest);
  const placeOf = (path: Path): string => {
    const module = manifest.modules.get(path);
    const url = naturalUrl(root, path);
    // Relative URLs of a style sheet are relative to its own.
    if (module?.type === 'text/css') return base + pathToUrl(path);
    if (named.has(path) && members.has(path)) return moduleUrl(prefix, { hash: facadeHash(path), url }, root);
    return hasNoMap && module !== undefined && !members.has(path)
      ? moduleUrl(prefix, { ...module, url }, root)
      : direct + pathToUrl(path);
  };
  const imports: Record<string, string | null> = {};
  imports[base] = direct;
  imports[prefix] = prefix;
  for (const { name, hash: run } of fusion.runs)
    imports[runKey(name)] = `${prefix}runs/${run}/${pathToUrl(name)}`;
  for (const path of named) {
    const isCss = manifest.modules.get(path)!.type === 'text/css';
    if (members.has(path) || hasNoMap || isCss) imports[base + pathToUrl(path)] = placeOf(path);
    imports[moduleKey(path)] = placeOf(path);
  }
  const addressOf = (address: string | null): string | null => {
    if (address === null || !address.startsWith(root)) return address;
    const path = pathOfUrl(root, address);
    const rest = address.slice(root.length);
    const isOwn = path !== undefined && named.has(path) && rest === pathToUrl(path);
    return isOwn ? placeOf(path) : direct + rest;
  };
  const rulesOf = (rules: SpecifierMap) =>
    Object.fromEntries([...rules].map(([name, address]) => [name, addressOf(address)]));
  Object.assign(imports, rulesOf(map.imports));
  const closureOf = (worker: Path): string[] => {
    const places = new Set<string>();
    const seen = new Set<Path>();
    const add = (path: Path) => {
      if (seen.has(path) || !manifest.modules.has(path)) return;
      seen.add(path);
      places.add(pathToUrl(path));
      if (!members.has(path)) {
        (singles.get(path) ?? workerSingles.get(path))?.forEach(add);
        return;
      }
      const { runs, modules } = fused.needed(path);
      for (const run of runs) places.add(imports[runKey(run.name)]!.slice(base.length));
      modules.forEach(add);
    };
    add(worker);
    return [...places];
  };
  return {
    importMap: { imports },
    facades: [...named].filter((path) => members.has(path)),
    urlOf(url) {
      const path = pathOfUrl(root, url);
      const module = path === undefined ? undefined : manifest.modules.get(path);
      if (module === undefined || !isModuleType(module.type)) return undefined;
      return addressOf(url)!;
    },
    entryUrl(path) {
      return members.has(path) ? placeOf(path) : `${direct}${pathToUrl(path)}${ENTRY}`;
    },
    preloads(entry) {
      const scripts = new Set([this.entryUrl(entry)]);
      const others = new Set<string>();
      const seen = new Set<Path>();
      const add = (path: Path) => {
        if (seen.has(path) || !manifest.modules.has(path)) return;
        seen.add(path);
        const isScript = manifest.modules.get(path)!.type === 'text/javascript';
        (isScript ? scripts : others).add(placeOf(path));
        if (!members.has(path)) {
          singles.get(path)?.forEach(add);
          return;
        }
        const { runs, modules } = fused.needed(path);
        for (const run of runs) scripts.add(imports[runKey(run.name)]!);
        modules.forEach(add);
      };
      add(entry);
      return { scripts: [...scripts], others: [...others] };
    },
    workers: () => Object.fromEntries(fusion.workers.map((path) => [pathToUrl(path), closureOf(path)])),
  };
}
