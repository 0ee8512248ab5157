import { statSync } from 'node:fs';
import path from 'node:path';
import { Resolver } from '../../importmap/index.js';
import {
  excerpt,
  type Diagnostic,
  type Hash,
  type Links,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import { placeIn } from '../ingest/syntax.js';
import { pageMap, type PageImportMap } from './page-maps.js';
import { siteImports, type SiteImport } from './site-imports.js';

export interface SiteCheckOptions {
  readonly blobs: Pick<VerifiedBlobs, 'links' | 'read'>;
  /** Absolute and real. */
  readonly directory: string;
  /** Of the registry's routes, which may be imported and are no files. */
  readonly prefix: string;
}

/** Problems that are told: where one import map is missing, the rest says the same. */
const MOST = 50;

interface Stray extends SiteImport {
  readonly path: Path;
  readonly hash: Hash;
}

interface Known {
  readonly hash: Hash;
  readonly imports: readonly SiteImport[];
}

/**
 * Finds what will fail in a browser although every file parses: imports that lead to nothing in what the site's pages
 * start from and may come to import, and import maps that a browser does not take. One check costs a walk of the
 * modules; only what has changed since the last one is looked into.
 */
export class SiteCheck {
  readonly #options: SiteCheckOptions;
  readonly #pages = new Map<Path, { readonly hash: Hash; readonly page: PageImportMap }>();
  /** One for each import map of the pages, and what the maps were made of. */
  #resolvers: readonly Resolver[] = [];
  #key = '';
  #imports = new Map<Path, Known>();
  readonly #described = new Map<string, Diagnostic>();

  constructor(options: SiteCheckOptions) {
    this.#options = options;
  }

  async problems(manifest: Manifest): Promise<Diagnostic[]> {
    const broken = await this.#readPages(manifest);
    const links = await this.#options.blobs.links([...manifest.modules.values()].map(({ hash }) => hash));
    const strays = this.#strays(manifest, links).filter(
      // Without its import map no bare name leads anywhere, which the map's own problem says once.
      (stray) => !(stray.leads === 'nowhere' && broken.length > 0) && !this.#isServed(stray),
    );
    return [...broken, ...(await this.#describe(strays.slice(0, MOST)))];
  }

  /** @returns what is wrong with import maps */
  async #readPages(manifest: Manifest): Promise<Diagnostic[]> {
    const pages = [...manifest.modules].filter(([, { type }]) => type === 'text/html');
    const fresh = pages.filter(([name, { hash }]) => this.#pages.get(name)?.hash !== hash);
    const key = JSON.stringify(pages.map(([name, { hash }]) => [name, hash]));
    if (key !== this.#key) {
      const blobs = await this.#options.blobs.read(fresh.map(([, { hash }]) => hash));
      for (const [name, { hash }] of fresh) {
        const blob = blobs.get(hash);
        if (blob !== undefined) this.#pages.set(name, { hash, page: pageMap(name, blob.bytes) });
      }
      for (const name of this.#pages.keys()) if (!manifest.modules.has(name)) this.#pages.delete(name);
      this.#key = key;
      const distinct = new Map([...this.#pages.values()].map(({ page: { map } }) => [keyOf(map), map]));
      this.#resolvers = [...distinct.values()].map((map) => new Resolver(map));
      this.#imports = new Map();
    }
    return [...this.#pages.values()].flatMap(({ page }) => page.problems);
  }

  /** Static imports that lead to nothing in the manifest, of all that the entries reach. */
  #strays(manifest: Manifest, links: ReadonlyMap<Hash, Links | null>): Stray[] {
    const reached = new Set(manifest.entries);
    const strays: Stray[] = [];
    for (const name of reached) {
      const hash = manifest.modules.get(name)?.hash;
      if (hash === undefined) continue;
      for (const one of this.#importsOf(name, hash, links.get(hash))) {
        const found = one.targets.filter((target) => manifest.modules.has(target));
        for (const target of found) reached.add(target);
        // Who imports by import() may be prepared for a failure.
        if (found.length === 0 && one.kind === 'static') strays.push({ ...one, path: name, hash });
      }
    }
    return strays;
  }

  #importsOf(name: Path, hash: Hash, links: Links | null | undefined): readonly SiteImport[] {
    const known = this.#imports.get(name);
    if (known?.hash === hash) return known.imports;
    const imports = siteImports(name, links, this.#resolvers);
    // Links that have not been stored yet are asked for once more.
    if (links !== undefined) this.#imports.set(name, { hash, imports });
    return imports;
  }

  /** The site serves files that the registry does not hold, dotfiles apart; and below its prefix other things. */
  #isServed({ targets }: Stray): boolean {
    const { directory, prefix } = this.#options;
    return targets.some((target) => {
      if (`/${target}`.startsWith(prefix)) return true;
      if (/(?:^|\/)\./.test(target)) return false;
      return statSync(path.join(directory, target), { throwIfNoEntry: false })?.isFile() === true;
    });
  }

  async #describe(strays: readonly Stray[]): Promise<Diagnostic[]> {
    const idOf = ({ path: name, hash, start }: Stray) => JSON.stringify([name, hash, start]);
    const ids = new Set(strays.map(idOf));
    for (const id of this.#described.keys()) if (!ids.has(id)) this.#described.delete(id);
    const fresh = strays.filter((stray) => !this.#described.has(idOf(stray)));
    const blobs = await this.#options.blobs.read([...new Set(fresh.map(({ hash }) => hash))]);
    for (const stray of fresh) {
      const bytes = blobs.get(stray.hash)?.bytes;
      if (bytes !== undefined) this.#described.set(idOf(stray), describe(stray, bytes));
    }
    return strays.flatMap((stray) => this.#described.get(idOf(stray)) ?? []);
  }
}

function describe({ path: name, specifier, start, leads }: Stray, bytes: Uint8Array): Diagnostic {
  const place = placeIn(bytes, start);
  const frame = excerpt(new TextDecoder().decode(bytes), place.line, place.column);
  const quoted = JSON.stringify(specifier);
  const message = leads === 'nowhere' ? `no import map says where ${quoted} is` : `cannot find ${quoted}`;
  return { path: name, kind: 'import', severity: 'error', message, ...place, frame };
}

/** The same for import maps that say the same. */
const keyOf = (map: PageImportMap['map']): string =>
  JSON.stringify([[...map.imports], [...map.scopes].map(([scope, rules]) => [scope, [...rules]])]);
