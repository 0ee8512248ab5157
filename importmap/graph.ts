import type { Hash, Links } from '../schema/index.js';
import type { Resolver } from './resolver.js';
import { moduleAt, type Site, type SiteModule } from './site.js';

/** What is known of a blob: its links, that it has none (JSON, CSS), or nothing as it has not come. */
export type LinksOf = (hash: Hash) => Links | null | undefined;

/** What a set of entry URLs reaches by static imports. */
export interface Closure {
  /** Modules of the registry in the order in which an engine evaluates them. Top-level await aside, entries come last. */
  readonly modules: readonly SiteModule[];
  /** Of those, blobs that are not known yet: what they import is not in `modules`. */
  readonly missing: ReadonlySet<Hash>;
  /** Targets of literal `import()` in these modules, in the order met. */
  readonly dynamic: ReadonlySet<string>;
  /** URLs that the registry does not hold, which the browser fetches by itself, each with its first importer. */
  readonly outside: ReadonlyMap<string, string | null>;
}

/** The URLs a module names: by static imports in source order, and by literal `import()`. */
export interface Imports {
  readonly static: readonly string[];
  readonly dynamic: readonly string[];
}

export function importsOf(module: Pick<SiteModule, 'url'>, links: Links | null, resolver: Resolver): Imports {
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
 * What modules import, each resolved once. Graphs of one site's successive manifests share it: between two of them
 * few modules change, and resolving is nearly all that a walk costs.
 */
export class ResolvedImports {
  readonly #resolver: Resolver;
  readonly #known = new Map<string, Known>();

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  /** The module at a URL as a walk met it last. */
  last(url: string): Known | undefined {
    return this.#known.get(url);
  }

  /** @param linksOf asked where this version of the module is new. Undefined while its blob has not come */
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

/** The graph of a site's modules, walked from entry URLs. */
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
   * The static closure of `entries`, depth first as ECMAScript's InnerModuleEvaluation goes, without recursion:
   * import chains can be as long as the site has modules.
   */
  closure(entries: Iterable<string>): Closure {
    const seen = new Set<string>();
    const modules: SiteModule[] = [];
    const missing = new Set<Hash>();
    const dynamic = new Set<string>();
    const outside = new Map<string, string | null>();
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
      if (imports === undefined) missing.add(module.hash);
      for (const target of imports?.dynamic ?? []) dynamic.add(target);
      stack.push({ module, imports: imports?.static ?? [], next: 0 });
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
   * All modules that the entries can reach: their static closure first, then wave by wave what only `import()`
   * reaches. This is the order in which a pack carries them.
   */
  reachable(entries: Iterable<string>): SiteModule[] {
    const found = new Map<string, SiteModule>();
    const asked = new Set<string>();
    let wave = [...entries];
    while (wave.length > 0) {
      for (const url of wave) asked.add(url);
      const { modules, dynamic } = this.closure(wave);
      for (const module of modules) found.set(module.url, module);
      wave = [...dynamic].filter((url) => !asked.has(url) && !found.has(url));
    }
    return [...found.values()];
  }

  /** A URL's path takes longer to find than all else of a step. */
  #moduleAt(url: string): SiteModule | undefined {
    const last = this.#imports.last(url)?.module;
    const isSame = last !== undefined && this.#site.manifest.modules.get(last.path)?.hash === last.hash;
    return isSame ? last : moduleAt(this.#site, url);
  }
}
