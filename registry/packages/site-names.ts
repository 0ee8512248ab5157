import {
  Resolver,
  mergeImportMaps,
  naturalUrl,
  pathOfUrl,
  withoutPackageRules,
  type ImportMap,
} from '../../importmap/index.js';
import type { Hash, Path } from '../../schema/index.js';
import { readImportMaps } from '../check/page-import-maps.js';
import { reachedModules, type Severity } from '../check/reached-modules.js';
import { siteImports, type SiteImport } from '../check/site-imports.js';
import { pageBase, pageEntries } from '../pages/entries.js';
import type { Page } from '../pages/read-page.js';
import type { PageSummaries } from '../pages/page-summaries.js';
import type { ReadableSite } from '../transform/transformed-files.js';
import { importGlobs } from './import-globs.js';
import { importedNames } from './imported-names.js';
import { urlBefore } from './package-file.js';

/** The files of a site as browsers get them, without those of packages. */
export interface SiteFiles extends ReadableSite {
  readonly summaries: PageSummaries;
  /** URL of the site's root, as `placeholderRoot` returns it. */
  readonly root: string;
}

/** A bare specifier in a file of the site that no import map of its page maps. */
export interface SiteName {
  readonly importer: Path;
  readonly specifier: string;
  readonly kind: 'static' | 'dynamic';
  /** Names that it imports from there. */
  readonly names: readonly string[];
}

/** An import with the names of its clause, if it is by a bare specifier. */
interface NamedImport extends SiteImport {
  readonly names?: readonly string[];
}

interface SitePage {
  readonly hash: Hash;
  readonly page: Page;
  readonly resolver: Resolver;
  /** Equal for equal import maps. */
  readonly key: string;
  /** URLs of scripts that its inline scripts start as workers. */
  readonly workers: readonly string[];
  readonly namesOf: (specifier: string) => readonly string[];
}

interface SiteScript {
  readonly hash: Hash;
  /**
   * Imports, and files named by `new URL('…', import.meta.url)`, which may be workers: for each of the
   * distinct import maps of the pages.
   */
  readonly imports: readonly (readonly NamedImport[])[];
  /** Paths that computed imports can mean. */
  readonly globs: readonly RegExp[];
}

/** Finds the bare names that the pages of a site import, in modules, inline scripts and workers. */
export class SiteNames {
  #pages = new Map<Path, SitePage>();
  #scripts = new Map<Path, SiteScript>();
  /** What all scripts were resolved with. */
  #mapsKey = '';
  #vendored: ImportMap | undefined;
  #last: { readonly key: string; readonly names: readonly SiteName[] } | undefined;

  /**
   * @param vendored the import map of packages that is a file of the site
   * @param more modules that packages import
   * @returns the same list for as long as no name comes or goes
   */
  async find(site: SiteFiles, vendored: ImportMap, more: readonly Path[]): Promise<readonly SiteName[]> {
    const hasSamePages = await this.#readPages(site, vendored);
    const hasSameImports = await this.#readScripts(site);
    const key = more.join('\n');
    if (hasSamePages && hasSameImports && this.#last?.key === key) return this.#last.names;
    const names = [...this.#inPages(site), ...this.#inScripts(site, more)];
    this.#last = { key, names };
    return names;
  }

  /** @returns whether all pages are as they were */
  async #readPages(site: SiteFiles, vendored: ImportMap): Promise<boolean> {
    const { modules, root } = site;
    const before = this.#pages;
    const pages = new Map<Path, SitePage>();
    let isSame = this.#vendored === vendored;
    for (const [at, { hash, type }] of modules) {
      if (type !== 'text/html') continue;
      const known = this.#vendored === vendored ? before.get(at) : undefined;
      const found = known?.hash === hash ? known : await readSitePage(site, at, hash, vendored);
      isSame &&= found === known;
      pages.set(at, found);
    }
    isSame &&= before.size === pages.size;
    this.#vendored = vendored;
    this.#pages = pages;
    const mapsKey = JSON.stringify([root, this.#keys()]);
    if (mapsKey !== this.#mapsKey) this.#scripts = new Map();
    this.#mapsKey = mapsKey;
    return isSame;
  }

  /** @returns whether all scripts import what they did */
  async #readScripts(site: SiteFiles): Promise<boolean> {
    const { modules } = site;
    const before = this.#scripts;
    const scripts = new Map<Path, SiteScript>();
    const changed: [Path, Hash][] = [];
    for (const [path, { hash, type }] of modules) {
      if (type !== 'text/javascript') continue;
      const known = before.get(path);
      if (known?.hash === hash) scripts.set(path, known);
      else changed.push([path, hash]);
    }
    const resolvers = this.#resolvers();
    const links = await site.linksOf([...new Set(changed.map(([, hash]) => hash))]);
    let isSame = before.size === scripts.size + changed.length;
    for (const [path, hash] of changed) {
      const found = links.get(hash);
      let imports = resolvers.map((one): NamedImport[] => siteImports(path, found, [one], site.root));
      const hasMeta = found?.list.some(({ kind }) => kind === 'meta') === true;
      const computes = found?.list.some((link) => link.kind === 'dynamic' && link.specifier === undefined);
      let globs: RegExp[] = [];
      if (hasMeta || computes === true || imports.flat().some(({ resolves }) => !resolves)) {
        const source = Buffer.from(await site.bytesOf(hash)).toString();
        // Only a module with `import.meta` names its workers.
        const urls = hasMeta ? fileUrls(path, source, site.root) : [];
        imports = imports.map((list) => [...list.map((one) => withNames(one, source)), ...urls]);
        if (computes === true) globs = importGlobs(path, source);
      }
      scripts.set(path, { hash, imports, globs });
      const known = before.get(path);
      isSame &&= sameImports(known?.imports, imports) && known?.globs.join() === globs.join();
    }
    this.#scripts = scripts;
    return isSame;
  }

  #resolvers(): Resolver[] {
    const distinct = new Map([...this.#pages.values()].map(({ key, resolver }) => [key, resolver]));
    return distinct.size === 0 ? [new Resolver(this.#vendored!)] : [...distinct.values()];
  }

  /** Of the distinct import maps, in the order of `#resolvers`. */
  #keys(): string[] {
    return [...new Set([...this.#pages.values()].map(({ key }) => key))];
  }

  #inPages({ root }: SiteFiles): SiteName[] {
    return [...this.#pages].flatMap(([at, { page, resolver, namesOf }]) =>
      page.scripts.flatMap(({ imports, beforeBase }) => {
        const base = pageBase(page, at, beforeBase, root);
        return imports.flatMap(({ specifier, dynamic }): SiteName[] => {
          const isOpen = resolver.resolve(specifier, base).state === 'unresolved';
          const kind = dynamic ? 'dynamic' : 'static';
          return isOpen ? [{ importer: at, specifier, kind, names: namesOf(specifier) }] : [];
        });
      }),
    );
  }

  #inScripts(site: SiteFiles, more: readonly Path[]): SiteName[] {
    const names = new Map<string, SiteName>();
    const keys = this.#pages.size === 0 ? [''] : this.#keys();
    for (const [at, key] of keys.entries()) {
      for (const one of this.#under(at, this.#roots(site, key, more))) {
        const id = `${one.importer}\0${one.specifier}\0${one.kind}`;
        if (!names.has(id)) names.set(id, one);
      }
    }
    return [...names.values()];
  }

  /** What pages with an import map start, and the modules that packages import. */
  #roots({ modules, root }: SiteFiles, key: string, more: readonly Path[]): Path[] {
    if (this.#pages.size === 0) return [...this.#scripts.keys()];
    const roots = new Set<Path>(more);
    for (const [at, { page, workers, key: own }] of this.#pages) {
      if (own !== key) continue;
      for (const entry of pageEntries(page, at, modules, root)) roots.add(entry);
      const base = pageBase(page, at, false, root);
      for (const source of workers) {
        const path = URL.canParse(source, base) ? pathOfUrl(root, new URL(source, base).href) : undefined;
        if (path !== undefined) roots.add(path);
      }
    }
    return [...roots];
  }

  /** The names that modules import under one of the import maps, by its index. */
  #under(map: number, roots: readonly Path[]): SiteName[] {
    const reached: ReadonlyMap<Path, Severity> = reachedModules({
      roots,
      importsOf: (path) => {
        const { imports, globs } = this.#scripts.get(path)!;
        return [...imports[map]!, ...globs.map((glob) => this.#matching(glob))];
      },
      isModule: (path) => this.#scripts.has(path),
    });
    return [...reached.keys()].flatMap((importer) =>
      this.#scripts
        .get(importer)!
        .imports[map]!.flatMap(({ specifier, kind, resolves, names = [] }): SiteName[] =>
          resolves
            ? []
            : inBothModes(specifier).map((one): SiteName => ({ importer, specifier: one, kind, names })),
        ),
    );
  }

  /** A computed import, with all that it can mean. */
  #matching(glob: RegExp): SiteImport {
    const targets = [...this.#scripts.keys()].filter((path) => glob.test(path));
    return { specifier: glob.source, start: 0, kind: 'dynamic', resolves: true, targets };
  }
}

async function readSitePage(site: SiteFiles, at: Path, hash: Hash, vendored: ImportMap): Promise<SitePage> {
  const { summaries, bytesOf, root } = site;
  const page = await summaries.read(hash, bytesOf);
  const { map: own } = await readImportMaps(at, page, () => bytesOf(hash), root);
  const map = mergeImportMaps(withoutPackageRules(own, root), vendored).map;
  const scopes = [...map.scopes].map(([scope, rules]) => [scope, [...rules]]);
  const key = JSON.stringify([[...map.imports], scopes]);
  const html = Buffer.from(await bytesOf(hash)).toString();
  const namesOf = (specifier: string) => importedNames(html, specifier);
  return { hash, page, resolver: new Resolver(map), key, workers: inlineWorkers(html), namesOf };
}

/**
 * What code imports in both modes where JSX is transformed: a deploy of `dev` can be exported, and promoted
 * to another channel.
 */
const inBothModes = (specifier: string): string[] =>
  specifier.endsWith('/jsx-dev-runtime')
    ? [specifier, specifier.replace(/jsx-dev-runtime$/, 'jsx-runtime')]
    : [specifier];

const withNames = (one: NamedImport, source: string): NamedImport =>
  one.resolves ? one : { ...one, names: importedNames(source, one.specifier) };

const sameImports = (a: SiteScript['imports'] | undefined, b: SiteScript['imports']): boolean =>
  a !== undefined && a.map(textOf).join('\n') === b.map(textOf).join('\n');

/** Without their places. */
const textOf = (imports: readonly NamedImport[]): string =>
  JSON.stringify(
    imports.map(({ specifier, kind, resolves, targets, names }) => [
      specifier,
      kind,
      resolves,
      targets,
      names,
    ]),
  );

/** Scripts that a page's inline scripts start as workers or worklets. */
const inlineWorkers = (html: string): string[] =>
  [...html.matchAll(/\b(?:new\s+(?:Shared)?Worker|addModule)\(\s*(["'`])([^"'`\\$]+)\1/g)].map(
    (match) => match[2]!,
  );

/** Files that a module names by `new URL('…', import.meta.url)`. */
function fileUrls(path: Path, source: string, root: string): SiteImport[] {
  const url = naturalUrl(root, path);
  return [...source.matchAll(/import\.meta/g)].flatMap(({ index: start }): SiteImport[] => {
    const specifier = urlBefore(source.slice(Math.max(0, start - 300), start));
    const isUrl = specifier !== undefined && URL.canParse(specifier, url);
    const target = isUrl ? pathOfUrl(root, new URL(specifier, url).href) : undefined;
    return target === undefined
      ? []
      : [{ specifier: specifier!, start, kind: 'static', resolves: true, targets: [target] }];
  });
}
