import type { Hash, Links } from '../schema/index.js';
import type { Resolver } from './resolver.js';
import { moduleAt, type Site, type SiteModule } from './site.js';

/** The links of a blob; null if it has none (JSON, CSS); undefined if it has not arrived. */
export type LinksOf = (hash: Hash) => Links | null | undefined;

/** Everything that a set of entry URLs reaches by static imports. */
export interface Closure {
  /** Modules of the registry in evaluation order (without top-level await). Entries come last. */
  readonly modules: readonly SiteModule[];
  /** Blobs of `modules` that have not arrived. Their imports are not in `modules`. */
  readonly missing: ReadonlySet<Hash>;
  /** Targets of literal `import()` in these modules, in the order of the walk. */
  readonly dynamic: ReadonlySet<string>;
  /** URLs that are not in the registry, each with its first importer. The browser loads them itself. */
  readonly outside: ReadonlyMap<string, string | null>;
}

/** The URLs that a module imports: statically in source order, and by literal `import()`. */
export interface Imports {
  readonly static: readonly string[];
  readonly dynamic: readonly string[];
}

export function importsOf(
  module: Pick<SiteModule, 'url'>,
  links: Links | null,
  resolver: Pick<Resolver, 'resolve'>,
): Imports {
  const found = { static: [] as string[], dynamic: [] as string[] };
  for (const link of links?.list ?? []) {
    if (link.kind !== 'static' && link.kind !== 'dynamic' && link.kind !== 'phase') continue;
    if (link.specifier === undefined) continue;
    const resolution = resolver.resolve(link.specifier, module.url);
    if (resolution.state === 'resolved') {
      found[link.kind === 'static' ? 'static' : 'dynamic'].push(resolution.url);
    }
  }
  return found;
}

interface Known {
  readonly module: SiteModule;
  readonly imports: Imports;
}

/**
 * The imports of modules, resolved once for each version of a module. The graphs of successive manifests
 * share it: few modules change between two manifests, and resolving is nearly the whole cost of a walk.
 */
export class ResolvedImports {
  readonly #resolver: Pick<Resolver, 'resolve'>;
  readonly #known = new Map<string, Known>();

  constructor(resolver: Pick<Resolver, 'resolve'>) {
    this.#resolver = resolver;
  }

  /** The module at a URL, as the last walk found it. */
  last(url: string): Known | undefined {
    return this.#known.get(url);
  }

  /** Blobs that have to arrive before the imports of a module are known. */
  missing(module: SiteModule): readonly Hash[] {
    return [module.hash];
  }

  /** @param linksOf called for a new version of the module. @returns undefined until its blob has arrived */
  of(module: SiteModule, linksOf: LinksOf): Imports | undefined {
    const known = this.#known.get(module.url);
    if (known?.module.hash === module.hash) return known.imports;
    const links = linksOf(module.hash);
    if (links === undefined) return undefined;
    const imports = importsOf(module, links, this.#resolver);
    this.#known.set(module.url, { module, imports });
    return imports;
  }
}

/** The graph of a site's modules. */
export class ModuleGraph {
  readonly #site: Site;
  readonly #imports: ResolvedImports;
  readonly #linksOf: LinksOf;

  constructor(site: Site, imports: ResolvedImports, linksOf: LinksOf) {
    this.#site = site;
    this.#imports = imports;
    this.#linksOf = linksOf;
  }

  /**
   * The static closure of `entries`, depth first, as in ECMAScript's InnerModuleEvaluation. Without
   * recursion: an import chain can be as long as the site has modules.
   */
  closure(entries: Iterable<string>): Closure {
    const seen = new Set<string>();
    const modules: SiteModule[] = [];
    const missing = new Set<Hash>();
    const dynamic = new Set<string>();
    const outside = new Map<string, string | null>();
    // Modules of a run have the same imports, which may be many.
    const walked = new Set<Imports>();
    const stack: { readonly module: SiteModule; readonly imports: readonly string[]; next: number }[] = [];

    const enter = (url: string, importer: string | null): void => {
      if (seen.has(url)) return;
      seen.add(url);
      const module = this.#moduleAt(url);
      if (module === undefined) {
        outside.set(url, importer);
        return;
      }
      const imports = this.#imports.of(module, this.#linksOf);
      if (imports === undefined) for (const hash of this.#imports.missing(module)) missing.add(hash);
      const isNew = imports !== undefined && !walked.has(imports);
      if (isNew) walked.add(imports);
      for (const target of isNew ? imports.dynamic : []) dynamic.add(target);
      stack.push({ module, imports: isNew ? imports.static : [], next: 0 });
    };

    for (const entry of entries) {
      enter(entry, null);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const url = top.imports[top.next++];
        if (url !== undefined) {
          enter(url, top.module.url);
        } else {
          modules.push(top.module);
          stack.pop();
        }
      }
    }
    return { modules, missing, dynamic, outside };
  }

  /**
   * All modules that the entries can reach: their static closure first, then the closures of their `import()`
   * calls, and so on. A pack has its blobs in this order.
   */
  reachable(entries: Iterable<string>): SiteModule[] {
    const found = new Map<string, SiteModule>();
    const visited = new Set<string>();
    let wave = [...entries];
    while (wave.length > 0) {
      for (const url of wave) visited.add(url);
      const { modules, dynamic } = this.closure(wave);
      for (const module of modules) found.set(module.url, module);
      wave = [...dynamic].filter((url) => !visited.has(url) && !found.has(url));
    }
    return [...found.values()];
  }

  /** Uses the last walk's answer: finding a URL's path is the slowest part of a step. */
  #moduleAt(url: string): SiteModule | undefined {
    const last = this.#imports.last(url)?.module;
    const isSame = last !== undefined && this.#site.manifest.modules.get(last.path)?.hash === last.hash;
    return isSame ? last : moduleAt(this.#site, url);
  }
}
