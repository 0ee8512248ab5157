import {
  isPackagePath,
  manifestBytes,
  type Diagnostic,
  type Hash,
  type Links,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import { isJavaScriptType } from '../content/media-type.js';
import { blake3 } from '../hash.js';
import type { StoredBlob } from '../store/store.js';
import { CodeLinks } from './code-links.js';
import { isTransportStream } from './kinds.js';
import { definitionsOf } from './define.js';
import { ManifestFiles } from './manifest-files.js';
import { ModuleCache, type CachedModule } from './module-cache.js';
import type { ModuleTransformer, TransformedModule } from './module-transformer.js';
import { withInlineMap } from './original-place.js';
import { PlainModules } from './plain-modules.js';
import { NO_RECIPE, parseRecipe, RECIPE_PATH, type Recipe } from './recipe.js';
import type { Mode, TransformOptions } from './transform.js';

/** The files of a site as browsers get them. */
export interface TransformedRows {
  /** The same object as the site's own where nothing is transformed. */
  readonly modules: ReadonlyMap<Path, ManifestModule>;
  readonly problems: readonly Diagnostic[];
  /** Files that it needs and does not have. */
  readonly wanted: readonly Path[];
  /** The blobs that transformed modules are made of, by the hashes of their code. */
  readonly sources: ReadonlyMap<Hash, Hash>;
  /** Sources that do not parse, and are served as they were written. */
  readonly broken: ReadonlySet<Hash>;
}

/** A site as browsers get it. */
export interface ServedSite extends Omit<TransformedRows, 'modules'> {
  /** The same object as the site's own manifest where nothing is transformed. */
  readonly manifest: Manifest;
  readonly hash: Hash;
}

/** The blobs of a site. */
export interface SourceBlobs {
  one(hash: Hash): Promise<Pick<StoredBlob, 'bytes'> | undefined>;
  links(hashes: readonly Hash[]): Promise<ReadonlyMap<Hash, Links | null>>;
}

const JAVASCRIPT = 'text/javascript';

/** Where sites that are written for Vite have the files of their root. */
export const PUBLIC = 'public/';

/** Modules that are transformed at the same time. */
const AT_ONCE = 32;

export interface RowsOptions {
  /** Makes all results again: some are lost. Default false. */
  readonly isAgain?: boolean;
  /** Default: those of the registry. */
  readonly blobs?: SourceBlobs;
}

interface Job {
  readonly path: Path;
  readonly key: Hash;
  readonly source: Hash;
  readonly run: () => Promise<TransformedModule>;
}

/** Makes the manifest that browsers get of the one that a deploy has. */
export class SiteTransformer {
  /** Names the transforms with their versions. */
  readonly version: string;
  readonly links = new CodeLinks();
  readonly #transformer: ModuleTransformer;
  readonly #blobs: SourceBlobs;
  readonly #cache: ModuleCache;
  readonly #plain = new PlainModules();
  readonly #base: string;
  readonly #recipes = new Map<Hash, Recipe>();

  constructor(transformer: ModuleTransformer, blobs: SourceBlobs, derived: DerivedBlobs, base = '/') {
    this.#base = base;
    this.#transformer = transformer;
    this.version = transformer.version;
    this.#blobs = blobs;
    this.#cache = new ModuleCache(derived, transformer.version);
  }

  /**
   * @param hash of the manifest
   * @param isAgain makes all results again: some are lost
   */
  async serve(manifest: Manifest, hash: Hash, mode: Mode, isAgain = false): Promise<ServedSite> {
    const { modules, ...made } = await this.rows(manifest.modules, mode, { isAgain });
    if (modules === manifest.modules) return { manifest, hash, ...made };
    const served = { ...manifest, modules };
    return { manifest: served, hash: blake3(manifestBytes(served)), ...made };
  }

  /** The files that browsers get for those of a site. Files of packages are served as they are. */
  async rows(
    modules: ReadonlyMap<Path, ManifestModule>,
    mode: Mode,
    { isAgain = false, blobs = this.#blobs }: RowsOptions = {},
  ): Promise<TransformedRows> {
    const own = [...modules].filter(([path]) => !isPackagePath(path));
    const sources = own.filter(([path]) => this.#transformer.takes(path));
    // Sites without any of it are native: browsers get what was written.
    if (sources.length === 0 && !modules.has(RECIPE_PATH)) {
      return { modules, problems: [], wanted: [], sources: new Map(), broken: new Set() };
    }
    const bytesOf = async (each: Hash) => (await blobs.one(each))?.bytes;
    const recipe = await this.#recipeOf(modules.get(RECIPE_PATH)?.hash, bytesOf);
    const scripts = own.filter(
      ([path, { type }]) => isJavaScriptType(type) && !this.#transformer.takes(path),
    );
    const others = await this.#plain.others(
      scripts.map(([, module]) => module.hash),
      (hashes) => blobs.links(hashes),
      bytesOf,
      definitionsOf(recipe, mode),
    );
    const rows = [...sources, ...scripts.filter(([, module]) => others.has(module.hash))];
    const files = new ManifestFiles({ modules }, bytesOf);
    const options: TransformOptions = { mode, recipe, files, base: this.#base };
    const place = [mode, this.#base, JSON.stringify(recipe)];
    const jobs = rows.map(([path, module]): Job => ({
      path,
      key: this.#cache.key('module', path, module.hash, ...place),
      source: module.hash,
      run: () => this.#transform(path, options),
    }));
    const made = await this.#run(jobs, files, mode, isAgain);
    // Modules that are made of files, and those that these import: style sheets import others.
    const more: Job[] = [];
    const known = new Set<Path>();
    for (let last = jobs; last.length > 0;) {
      const next = last.flatMap(({ path, source }) =>
        made.get(path)!.virtual.flatMap((module): Job[] => {
          if (known.has(module.path)) return [];
          known.add(module.path);
          const own = modules.get(module.file)?.hash;
          return [
            {
              path: module.path,
              key: this.#cache.key('virtual', module.kind, module.path, own ?? '', ...place),
              source: own ?? source,
              run: async () => this.#transformer.virtual(module, await files.read(module.file), options),
            },
          ];
        }),
      );
      for (const [path, module] of await this.#run(next, files, mode, isAgain)) made.set(path, module);
      more.push(...next);
      last = next;
    }
    await this.#cache.flush();
    return rowsOf(modules, [...jobs, ...more], made);
  }

  async #run(
    jobs: readonly Job[],
    files: ManifestFiles,
    mode: Mode,
    isAgain: boolean,
  ): Promise<Map<Path, CachedModule>> {
    const keys = jobs.map(({ key }) => key);
    const known = isAgain ? new Map<Hash, CachedModule>() : await this.#cache.find(keys, files);
    const made = new Map<Path, CachedModule>();
    const waiting = jobs.values();
    const work = async () => {
      for (const { path, key, source, run } of waiting) {
        let found = known.get(key);
        if (found === undefined) {
          const module = await run();
          found = this.#cache.add(key, source, module, files, codeOf(module, mode));
        }
        made.set(path, found);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, jobs.length) }, work));
    return made;
  }

  async #transform(path: Path, options: TransformOptions): Promise<TransformedModule> {
    const none = { code: null, map: null, deps: [], virtual: [], problem: undefined };
    const bytes = await options.files.read(path);
    if (bytes === undefined || (path.endsWith('.ts') && isTransportStream(bytes))) return none;
    return this.#transformer.transform(new TextDecoder().decode(bytes), path, options);
  }

  async #recipeOf(
    hash: Hash | undefined,
    bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>,
  ): Promise<Recipe> {
    if (hash === undefined) return NO_RECIPE;
    let recipe = this.#recipes.get(hash);
    if (recipe === undefined) {
      const bytes = await bytesOf(hash);
      recipe = bytes === undefined ? NO_RECIPE : parseRecipe(bytes);
      this.#recipes.set(hash, recipe);
    }
    return recipe;
  }
}

/** The code with its map: in production, tools ask for that apart. */
function codeOf({ code, map }: TransformedModule, mode: Mode): string | null {
  if (code === null || map === null || mode === 'production') return code;
  return withInlineMap(code, map);
}

function rowsOf(
  own: ReadonlyMap<Path, ManifestModule>,
  jobs: readonly Job[],
  made: ReadonlyMap<Path, CachedModule>,
): TransformedRows {
  const modules = new Map(own);
  const sources = new Map<Hash, Hash>();
  const broken = new Set<Hash>();
  const problems: Diagnostic[] = [];
  const wanted = new Set<Path>();
  for (const { path, source } of jobs) {
    const { code, problem, deps } = made.get(path)!;
    for (const dep of deps) {
      const isWanted = typeof dep === 'object' && 'isWanted' in dep && !own.has(dep.exists);
      if (isWanted) wanted.add(dep.exists);
    }
    if (problem !== undefined) problems.push(problem);
    if (code !== null) {
      modules.set(path, { ...code, type: JAVASCRIPT });
      sources.set(code.hash, source);
    } else if (problem !== undefined) {
      modules.set(path, { ...own.get(path)!, type: JAVASCRIPT });
      broken.add(source);
    }
  }
  // Files of `public/` are also at the root, as in Vite.
  for (const [path, module] of own) {
    const alias = path.startsWith(PUBLIC) ? path.slice(PUBLIC.length) : '';
    if (alias !== '' && !modules.has(alias)) modules.set(alias, module);
  }
  return { modules, problems, wanted: [...wanted], sources, broken };
}
