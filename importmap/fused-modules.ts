import {
  exportName,
  isPlaceOfUrl,
  moduleKey,
  NAMESPACE,
  runKey,
  type ExportGroup,
  type FusedRun,
  type Fusion,
} from '../schema/fusion.js';
import type { Hash } from '../schema/hash.js';
import type { Path } from '../schema/path.js';
import type { Imports } from './graph.js';
import { naturalUrl, urlOfPlace, type Site, type SiteModule } from './site.js';

/** What the import map needs so that a module can be imported. */
export interface Needed {
  /** By name. */
  readonly runs: ReadonlySet<FusedRun>;
  /** Modules and URLs that these import singly. */
  readonly modules: ReadonlySet<Path>;
}

export interface FusedModulesOptions {
  readonly fusion: Fusion;
  readonly site: Site;
  /** Whether the bytes of a run are here, or need not be. Default: they are. */
  readonly isHere?: (hash: Hash) => boolean;
  /** Whether the page gives integrity metadata for a URL, or loads it natively. Default: for none. */
  readonly pinned?: (url: string) => boolean;
}

const together = (all: Iterable<Needed>): Needed => {
  const runs = new Set<FusedRun>();
  const modules = new Set<Path>();
  for (const needed of all) {
    for (const run of needed.runs) runs.add(run);
    for (const module of needed.modules) modules.add(module);
  }
  return { runs, modules };
};

/** `{ a as b }`, for `import` and `export`. */
const clause = (pairs: readonly (readonly [name: string, as: string])[]): string =>
  `{ ${pairs.map(([name, as]) => `${JSON.stringify(name)} as ${JSON.stringify(as)}`).join(', ')} }`;

/**
 * The modules of a deploy that are joined into runs. A run is used whole or not at all: its members run
 * singly where it is missing or damaged.
 */
export class FusedModules {
  readonly #options: FusedModulesOptions;
  readonly #byName = new Map<Path, FusedRun>();
  readonly #byMember = new Map<Path, FusedRun>();
  readonly #roots: ReadonlySet<Path>;
  /** Runs whose members run singly in this page. */
  readonly #refused = new Set<FusedRun>();
  /** Most members of a run need the same, and have the same object. */
  readonly #needed = new Map<Path | FusedRun, Needed>();
  /** Of which all runs are here. */
  readonly #whole = new Set<Needed>();
  readonly #imports = new Map<Needed, Imports>();
  /** Runs that the import map leads to. */
  readonly #used = new Set<FusedRun>();

  constructor(options: FusedModulesOptions) {
    this.#options = options;
    this.#roots = new Set(options.fusion.roots);
    for (const run of options.fusion.runs) {
      this.#byName.set(run.name, run);
      for (const path of run.members) this.#byMember.set(path, run);
      if (run.hash === null) this.#refused.add(run);
    }
    this.refusePinned();
  }

  /** Gives up runs, not in use yet, of which the page loads a member by itself. */
  refusePinned(): void {
    const { pinned } = this.#options;
    if (pinned === undefined) return;
    for (const run of this.#byName.values()) {
      const isPinned = () => run.members.some((path) => pinned(this.urlOf(path)));
      if (!this.#used.has(run) && isPinned()) this.#refused.add(run);
    }
    this.#needed.clear();
  }

  /** The run that holds a module; undefined for one that runs singly. */
  runOf({ path, url, hash }: SiteModule): FusedRun | undefined {
    const run = this.#byMember.get(path);
    if (run === undefined || this.#refused.has(run)) return undefined;
    const { site } = this.#options;
    // Another query or fragment is another instance, and another version is in no run.
    const isOwn = site.manifest.modules.get(path)?.hash === hash && this.urlOf(path) === url;
    return isOwn ? run : undefined;
  }

  /** Runs of which not all bytes are here, of those that a member needs. */
  absent(path: Path): FusedRun[] {
    const needed = this.needed(path);
    if (this.#whole.has(needed)) return [];
    const absent = [...needed.runs].filter((run) => !this.isRefused(run) && !this.#isHere(run));
    if (absent.length === 0) this.#whole.add(needed);
    return absent;
  }

  isRefused(run: FusedRun): boolean {
    return this.#refused.has(run);
  }

  /**
   * Gives up runs whose bytes did not come: from now on their members run singly.
   *
   * @param missing limits it to these. Default: all that are not here
   * @returns whether there are any
   */
  refuseAbsent(missing?: ReadonlySet<Hash>): boolean {
    const absent = [...this.#byName.values()].filter(
      (run) => !this.#refused.has(run) && (missing?.has(run.hash!) ?? !this.#isHere(run)),
    );
    for (const run of absent) this.#refused.add(run);
    this.#needed.clear();
    return absent.length > 0;
  }

  /** The natural URLs of all members of the runs in use. */
  members(): string[] {
    return [...this.#used].flatMap((run) =>
      this.isRefused(run) ? [] : run.members.map((path) => this.urlOf(path)),
    );
  }

  /**
   * Whether runs are made so that a page can start from a module, in the order in which it evaluates
   * others.
   */
  isPlanned({ path, url }: SiteModule): boolean {
    return this.#roots.has(path) && this.urlOf(path) === url;
  }

  /** Call it for a run that the page imports: from now on it is never refused. */
  use(run: FusedRun): void {
    this.#used.add(run);
  }

  /**
   * Gives up runs that would evaluate more than a module from which nobody was expected to start: it imports
   * a member that is not the last one.
   *
   * @param modules what it imports
   * @returns whether there are any
   */
  refuseUnplanned(modules: readonly SiteModule[]): boolean {
    const before = this.#refused.size;
    for (const module of modules) {
      const run = this.isPlanned(module) ? undefined : this.runOf(module);
      if (run !== undefined && !this.#used.has(run)) this.#refused.add(run);
    }
    this.#needed.clear();
    return this.#refused.size > before;
  }

  /** What a member's facade imports, directly or not. */
  needed(path: Path): Needed {
    const known = this.#needed.get(path);
    if (known !== undefined) return known;
    const own = this.#reachOf(this.#byMember.get(path)!);
    const others: Needed[] = [];
    const singles = new Set<Path>();
    for (const piece of this.#options.fusion.order.get(path) ?? []) {
      const run = this.#byName.get(piece);
      if (run === undefined) singles.add(piece);
      else if (!own.runs.has(run)) others.push(this.#reachOf(run));
    }
    for (const { from, names } of this.#exportsOf(path)) {
      const run = this.#byMember.get(from);
      if (run === undefined || names.some(([, name]) => name === NAMESPACE)) singles.add(from);
      if (run !== undefined && !own.runs.has(run)) others.push(this.#reachOf(run));
    }
    const isOwn = others.length === 0 && [...singles].every((module) => own.modules.has(module));
    const needed = isOwn ? own : together([own, ...others, { runs: new Set(), modules: singles }]);
    this.#needed.set(path, needed);
    return needed;
  }

  /** What a run imports, directly or not, and the run itself. */
  #reachOf(run: FusedRun): Needed {
    const known = this.#needed.get(run);
    if (known !== undefined) return known;
    const runs = new Set([run]);
    const modules = new Set<Path>();
    for (const each of runs) {
      const isRefused = this.#refused.has(each);
      for (const module of isRefused ? each.members : each.modules) modules.add(module);
      if (!isRefused) for (const name of each.runs) runs.add(this.#byName.get(name)!);
    }
    const needed = { runs, modules };
    this.#needed.set(run, needed);
    return needed;
  }

  /** What the members of the runs that a member needs name in a literal `import()`: natural URLs. */
  dynamicOf(path: Path): string[] {
    const { runs } = this.needed(path);
    return [...new Set([...runs].flatMap((run) => run.dynamic))].map((dynamic) => this.urlOf(dynamic));
  }

  importsOf(path: Path): Imports {
    const needed = this.needed(path);
    let imports = this.#imports.get(needed);
    if (imports === undefined) {
      const modules = [...needed.modules].map((module) => this.urlOf(module));
      imports = { static: modules, dynamic: this.dynamicOf(path) };
      this.#imports.set(needed, imports);
    }
    return imports;
  }

  /** The module by which a member is imported from outside of its run. Its bindings are those of the run. */
  facade(path: Path): string {
    const { fusion } = this.#options;
    const nameOf = (piece: Path) => {
      if (isPlaceOfUrl(piece)) return this.urlOf(piece);
      return this.#byName.has(piece) ? runKey(piece) : moduleKey(piece);
    };
    const lines = (fusion.order.get(path) ?? [this.#byMember.get(path)!.name]).map(
      (piece) => `import ${JSON.stringify(nameOf(piece))};`,
    );
    for (const { from, names } of this.#exportsOf(path)) {
      const run = this.#byMember.get(from);
      for (const [exported, name] of names) {
        if (name !== NAMESPACE) continue;
        lines.push(`export * as ${JSON.stringify(exported)} from ${JSON.stringify(moduleKey(from))};`);
      }
      const pairs = names
        .filter(([, name]) => name !== NAMESPACE)
        .map(([exported, name]) => [run === undefined ? name : exportName(from, name), exported] as const);
      const source = run === undefined ? moduleKey(from) : runKey(run.name);
      if (pairs.length > 0) lines.push(`export ${clause(pairs)} from ${JSON.stringify(source)};`);
    }
    return lines.join('\n');
  }

  /** What takes the place of a run whose members run singly, for the runs that import it. */
  standIn({ members }: FusedRun): string {
    const lines = members.map((path) => `import ${JSON.stringify(moduleKey(path))};`);
    for (const path of members) {
      const own = this.#exportsOf(path).find(({ from }) => from === path);
      const pairs = (own?.names ?? [])
        .filter(([, name]) => name !== NAMESPACE)
        .map(([exported, name]) => [exported, exportName(path, name)] as const);
      if (pairs.length > 0) lines.push(`export ${clause(pairs)} from ${JSON.stringify(moduleKey(path))};`);
    }
    return lines.join('\n');
  }

  /** All members of the runs that some modules need. */
  membersFor(modules: readonly SiteModule[]): SiteModule[] {
    const { site } = this.#options;
    const needed = new Set(modules.flatMap((module) => (this.runOf(module) ? this.needed(module.path) : [])));
    const members = [...together(needed).runs].flatMap((run) => (this.#refused.has(run) ? [] : run.members));
    return members.flatMap((member) => {
      const module = site.manifest.modules.get(member);
      return module === undefined ? [] : [{ ...module, path: member, url: this.urlOf(member) }];
    });
  }

  #isHere({ hash }: FusedRun): boolean {
    return hash !== null && (this.#options.isHere?.(hash) ?? true);
  }

  #exportsOf(path: Path): readonly ExportGroup[] {
    return this.#options.fusion.exports.get(path) ?? [];
  }

  urlOf(place: Path): string {
    const { root } = this.#options.site;
    return isPlaceOfUrl(place) ? urlOfPlace(root, place) : naturalUrl(root, place);
  }
}
