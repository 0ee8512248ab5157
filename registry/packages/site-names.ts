import {
  Resolver,
  mergeImportMaps,
  naturalUrl,
  pathOfUrl,
  withoutPackageRules,
  type ImportMap,
} from '../../importmap/index.js';
import type { Hash, Links, ManifestModule, Path } from '../../schema/index.js';
import { readImportMaps } from '../check/page-import-maps.js';
import { reachedModules, type Severity } from '../check/reached-modules.js';
import { siteImports, type SiteImport } from '../check/site-imports.js';
import { pageBase, pageEntries } from '../pages/entries.js';
import type { PageSummaries } from '../pages/page-summaries.js';
import { urlBefore } from './package-file.js';

/** The files of a site, without those of packages. */
export interface SiteFiles {
  readonly modules: ReadonlyMap<Path, ManifestModule>;
  readonly linksOf: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>;
  readonly bytesOf: (hash: Hash) => Promise<Uint8Array>;
  readonly summaries: PageSummaries;
  /** URL of the site's root, as `placeholderRoot` returns it. */
  readonly root: string;
}

/** A bare specifier in a file of the site that no import map of its page maps. */
export interface SiteName {
  readonly importer: Path;
  readonly specifier: string;
  readonly kind: 'static' | 'dynamic';
  /** Byte offset in a module. Undefined in a page. */
  readonly start: number | undefined;
  readonly severity: Severity;
}

interface ModuleNames {
  readonly key: string;
  readonly imports: readonly SiteImport[];
}

/** Finds the bare names that the pages of a site import, in modules, inline scripts and workers. */
export class SiteNames {
  #modules = new Map<Path, ModuleNames>();
  readonly #workers = new Map<Hash, readonly string[]>();

  /**
   * @param vendored the import map of packages that is a file of the site
   * @param more modules that packages import
   */
  async find(site: SiteFiles, vendored: ImportMap, more: readonly Path[]): Promise<SiteName[]> {
    const { modules, root } = site;
    const names: SiteName[] = [];
    const roots = new Set<Path>(more);
    const maps = new Map<string, Resolver>();
    let pages = 0;
    for (const [at, { hash, type }] of modules) {
      if (type !== 'text/html') continue;
      pages++;
      const page = await site.summaries.read(hash, site.bytesOf);
      const { map: own } = await readImportMaps(at, page, () => site.bytesOf(hash), root);
      const map = mergeImportMaps(withoutPackageRules(own, root), vendored).map;
      const resolver = new Resolver(map);
      maps.set(
        JSON.stringify([[...map.imports], [...map.scopes].map(([scope, rules]) => [scope, [...rules]])]),
        resolver,
      );
      for (const entry of pageEntries(page, at, modules, root)) roots.add(entry);
      for (const script of page.scripts) {
        const base = pageBase(page, at, script.beforeBase, root);
        for (const { specifier, dynamic } of script.imports) {
          if (resolver.resolve(specifier, base).state !== 'unresolved') continue;
          names.push({
            importer: at,
            specifier,
            kind: dynamic ? 'dynamic' : 'static',
            start: undefined,
            severity: 'error',
          });
        }
      }
      const add = (url: string) => {
        const path = pathOfUrl(root, url);
        if (path !== undefined && modules.has(path)) roots.add(path);
      };
      for (const source of await this.#workersOf(hash, site, inlineWorkers)) {
        if (URL.canParse(source, pageBase(page, at, false, root)))
          add(new URL(source, pageBase(page, at, false, root)).href);
      }
    }
    const resolvers = maps.size === 0 ? [new Resolver(vendored)] : [...maps.values()];
    names.push(...(await this.#inModules(site, [...roots], resolvers, [...maps.keys()].join(), pages > 0)));
    return names;
  }

  async #inModules(
    site: SiteFiles,
    roots: readonly Path[],
    resolvers: readonly Resolver[],
    mapsKey: string,
    hasPages: boolean,
  ): Promise<SiteName[]> {
    const { modules, root } = site;
    const isScript = ({ type }: ManifestModule) => type === 'text/javascript';
    const scripts = [...modules].filter(([, module]) => isScript(module));
    const isKnown = (path: Path, hash: Hash) => this.#modules.get(path)?.key === hash + mapsKey;
    const unknown = scripts.filter(([path, { hash }]) => !isKnown(path, hash)).map(([, { hash }]) => hash);
    const links = await site.linksOf([...new Set(unknown)]);
    const next = new Map<Path, ModuleNames>();
    for (const [path, { hash }] of scripts) {
      const key = hash + mapsKey;
      const known = this.#modules.get(path);
      const found = links.get(hash);
      next.set(
        path,
        known?.key === key ? known : { key, imports: siteImports(path, found, resolvers, root) },
      );
      // Only a module with `import.meta` names its workers.
      if (found?.list.some(({ kind }) => kind === 'meta') === true)
        await this.#workersOf(hash, site, metaUrls);
    }
    this.#modules = next;
    const urlsOf = (path: Path): SiteImport[] =>
      (this.#workers.get(modules.get(path)!.hash) ?? []).flatMap((specifier) => {
        const url = naturalUrl(root, path);
        const target = URL.canParse(specifier, url)
          ? pathOfUrl(root, new URL(specifier, url).href)
          : undefined;
        return target === undefined
          ? []
          : [{ specifier, start: 0, kind: 'static' as const, resolves: true, targets: [target] }];
      });
    const reached = reachedModules({
      roots: hasPages ? roots : [...next.keys()],
      importsOf: (path) => [...(next.get(path)?.imports ?? []), ...urlsOf(path)],
      isModule: (path) => next.has(path),
    });
    return [...reached].flatMap(([importer, severity]) =>
      next
        .get(importer)!
        .imports.flatMap(({ specifier, kind, start, resolves }): SiteName[] =>
          resolves ? [] : [{ importer, specifier, kind, start, severity: hasPages ? severity : 'warning' }],
        ),
    );
  }

  async #workersOf(
    hash: Hash,
    site: SiteFiles,
    find: (text: string) => string[],
  ): Promise<readonly string[]> {
    let found = this.#workers.get(hash);
    if (found === undefined) {
      found = find(Buffer.from(await site.bytesOf(hash)).toString('utf8'));
      this.#workers.set(hash, found);
    }
    return found;
  }
}

/** Scripts that a page's inline scripts start as workers or worklets. */
const inlineWorkers = (html: string): string[] =>
  [...html.matchAll(/\b(?:new\s+(?:Shared)?Worker|addModule)\(\s*(["'`])([^"'`\\$]+)\1/g)].map(
    (match) => match[2]!,
  );

/** Files that a module names by `new URL('…', import.meta.url)`, which may be workers. */
const metaUrls = (source: string): string[] =>
  [...source.matchAll(/import\.meta/g)].flatMap(
    ({ index }) => urlBefore(source.slice(Math.max(0, index - 300), index)) ?? [],
  );
