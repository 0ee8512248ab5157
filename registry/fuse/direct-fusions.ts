import {
  directMap,
  EMPTY_IMPORT_MAP,
  importsOf,
  moduleAt,
  naturalUrl,
  parseImportMap,
  Resolver,
  type DirectMap,
  type ImportMap,
} from '../../importmap/index.js';
import { decodeFusion, type Fusion, type Hash, type Manifest, type Path } from '../../schema/index.js';
import type { Head } from '../content/catalog.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import { asciiJson } from '../pages/page-edits.js';
import { keepNewest } from '../keep-newest.js';
import { facadesOf } from './facades.js';
import type { Fusions } from './fusions.js';
import { isRunnable } from './module-record.js';
import { needsLoader } from './needs-loader.js';

/** How pages of a deploy start without the loader. */
export interface DirectStart {
  /** Of the fusion's bytes. */
  readonly hash: Hash;
  /** The deploy's import map. A page with another one needs the loader. */
  readonly importMap: ImportMap;
  readonly map: DirectMap;
  /** The import map of `map`, as ASCII without `<`. */
  readonly text: string;
}

export interface DirectFusionsOptions {
  readonly fusions: Pick<Fusions, 'finished' | 'bytes' | 'byHash'>;
  readonly blobs: Pick<VerifiedBlobs, 'read'>;
  /** URL of the site's root, as `placeholderRoot` returns it. */
  readonly root: string;
  /** Of the registry's routes, below the origin. Starts and ends with "/". */
  readonly prefix: string;
}

interface Reached {
  readonly bytes: Uint8Array;
  /** What it imports statically. */
  readonly imports: readonly Path[];
}

/** Deploys that are remembered. */
const KEPT = 16;

/** Bytes of an import map above which a page is faster with the loader. */
const MAP_BYTES = 64 * 1024;

const decoder = new TextDecoder();

const deployMap = ({ importMap }: Manifest, root: string): ImportMap =>
  importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map;

/** Finds the fusions of deploys whose pages can start without the loader. */
export class DirectFusions {
  readonly #options: DirectFusionsOptions;
  readonly #known = new Map<Hash, Promise<DirectStart | undefined>>();
  readonly #decoded = new Map<Hash, Fusion>();

  constructor(options: DirectFusionsOptions) {
    this.#options = options;
  }

  /** Undefined while not all runs are joined, and for a deploy that needs the loader. */
  async of(head: Head): Promise<DirectStart | undefined> {
    const finished = await this.#options.fusions.finished(head.deploy.manifest);
    if (finished === undefined || finished.fusion.runs.length === 0) return undefined;
    const { hash } = finished;
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const found = this.#find(head, hash);
    found.catch(() => this.#known.delete(hash));
    return keepNewest(this.#known, hash, found, KEPT);
  }

  /** A fusion by its hash, also of an older deploy; undefined if it is not known any more. */
  async byHash(hash: Hash): Promise<Fusion | undefined> {
    const known = this.#decoded.get(hash);
    if (known !== undefined) return known;
    if ((await this.#options.fusions.byHash(hash)) === undefined) return undefined;
    const bytes = await this.#options.fusions.bytes(hash);
    return bytes && keepNewest(this.#decoded, hash, decodeFusion(bytes), KEPT);
  }

  async #find({ manifest }: Head, hash: Hash): Promise<DirectStart | undefined> {
    const fusion = await this.byHash(hash);
    if (fusion === undefined) return undefined;
    const { fusions } = this.#options;
    const { entries } = manifest;
    const forPages = await this.#reached(manifest, entries);
    const forWorkers = await this.#reached(manifest, fusion.workers);
    const isOfPage = (path: Path) => forPages.has(path) || !forWorkers.has(path);
    for (const run of fusion.runs) {
      // A worker has no page to change.
      if (!run.members.some(isOfPage)) continue;
      const bytes = run.hash === null ? undefined : await fusions.bytes(run.hash);
      if (bytes === undefined || needsLoader(decoder.decode(bytes))) return undefined;
    }
    const members = new Set(fusion.runs.flatMap((run) => run.members));
    const found = await this.#reached(manifest, [...entries, ...[...members].filter(isOfPage)]);
    const singles = [...found].filter(([path]) => !members.has(path));
    for (const [path, { bytes }] of singles) {
      if (needsLoader(decoder.decode(bytes))) return undefined;
      // Its URL in the import map is that of linked bytes.
      if (manifest.modules.get(path)!.type === 'text/javascript' && !isRunnable(bytes)) return undefined;
    }
    const { root, prefix } = this.#options;
    const importMap = deployMap(manifest, root);
    const facades = facadesOf(fusion, manifest, new URL(root).pathname);
    const map = directMap({
      site: { root, manifest },
      fusion,
      hash,
      facadeHash: (member) => facades.hash(member)!,
      singles: new Map([...singles].map(([path, { imports }]) => [path, imports])),
      workerSingles: new Map([...forWorkers].map(([path, { imports }]) => [path, imports])),
      map: importMap,
      prefix,
    });
    if (map === undefined) return undefined;
    const text = asciiJson(map.importMap).replaceAll('<', '\\u003c');
    return text.length > MAP_BYTES ? undefined : { hash, importMap, map, text };
  }

  /** The modules that some modules reach by literal imports, and these. */
  async #reached(manifest: Manifest, from: readonly Path[]): Promise<Map<Path, Reached>> {
    const site = { root: this.#options.root, manifest };
    const resolver = new Resolver(deployMap(manifest, site.root));
    const found = new Map<Path, Reached>();
    const pathsOf = (urls: readonly string[]) => urls.flatMap((url) => moduleAt(site, url)?.path ?? []);
    let next = from;
    const seen = new Set<Path>();
    while (next.length > 0) {
      const paths = [...new Set(next)].filter((path) => !seen.has(path));
      for (const path of paths) seen.add(path);
      const hashOf = (path: Path) => manifest.modules.get(path)?.hash;
      const blobs = await this.#options.blobs.read([...new Set(paths.flatMap((path) => hashOf(path) ?? []))]);
      next = paths.flatMap((path) => {
        const blob = blobs.get(hashOf(path) ?? '');
        if (blob === undefined) return [];
        const imports = importsOf({ url: naturalUrl(site.root, path) }, blob.links, resolver);
        found.set(path, { bytes: blob.bytes, imports: pathsOf(imports.static) });
        return pathsOf([...imports.static, ...imports.dynamic]);
      });
    }
    return found;
  }
}
