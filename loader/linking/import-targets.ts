import { generateImportMap, laterImportMap, moduleUrl } from '../../importmap/generate.js';
import { linkForBlob } from '../../importmap/link.js';
import type { Resolver } from '../../importmap/resolver.js';
import { moduleAt, naturalUrl, type Site, type SiteModule } from '../../importmap/site.js';
import type { ImportMapJson } from '../../importmap/parse.js';
import type { Hash } from '../../schema/hash.js';
import type { BlobPool } from '../cache/blob-pool.js';
import { isJson } from './json.js';
import { createModuleUrl, type UrlKind } from './module-url.js';

/**
 * `blob`: a URL of the blob's where the blob is here, and missing ones are asked for; `held`: the same, but nothing is
 * waited for; `http`: every target is the module's immutable URL.
 */
export type Targets = 'blob' | 'held' | 'http';

export interface ImportTargetsOptions {
  readonly site: Site;
  readonly resolver: Resolver;
  readonly blobPool: BlobPool;
  /** The registry's prefix as a URL. */
  readonly prefix: string;
  readonly targets: Targets;
  readonly urls: UrlKind;
  /** Whether files may be other ones by the time the browser asks for them at their natural URLs. */
  readonly watched: boolean;
  /** Whether the page gives integrity metadata for this URL. */
  readonly pinned: (url: string) => boolean;
  readonly onUnlinkable: (module: SiteModule, error: unknown) => void;
}

const JAVASCRIPT = 'text/javascript';
const JSON_TYPE = 'application/json';
const CSS_TYPE = 'text/css';

/**
 * Linked bytes of a later instance above which it is a blob's in any case: there may be many, the browser keeps every
 * URL that it has imported for good, and the URL stands in the text of whoever imports it from then on.
 */
const LATER_DATA_BYTES = 16 * 1024;

const suffixOf = (url: string): string => /[?#].*$/.exec(url)?.[0] ?? '';

/**
 * The module instances of this page, one for each natural URL, and where the import map sends each. A target is
 * chosen once and never changes, as the import map itself cannot.
 */
export class ImportTargets {
  readonly #options: ImportTargetsOptions;
  readonly #targets = new Map<string, string | undefined>();
  /** Of the modules that were given a target, or none for a reason, which version that was. */
  readonly #hashes = new Map<string, Hash>();
  /** Bytes of the blobs in use, by their URLs. */
  readonly #sizes = new Map<string, number>();
  /** URLs for which a rule has been installed, or decided against. */
  readonly #installed = new Set<string>();
  readonly #aliased = new Set<string>();
  #mapped = false;

  constructor(options: ImportTargetsOptions) {
    this.#options = options;
  }

  /** Instances that run from a blob. */
  get count(): number {
    return [...this.#targets.values()].filter((target) => target !== undefined && this.#sizes.has(target))
      .length;
  }

  /** Bytes of the blobs in use. */
  get bytes(): number {
    let bytes = 0;
    for (const size of this.#sizes.values()) bytes += size;
    return bytes;
  }

  isInstalled(url: string): boolean {
    return this.#installed.has(url);
  }

  /** Where the source of a natural URL comes from; undefined leaves it to the site. */
  targetOf = (url: string): string | undefined => this.#targets.get(url);

  /** The version that a natural URL was given; undefined when nothing has been decided about it. */
  hashOf = (url: string): Hash | undefined => this.#hashes.get(url);

  /** The natural URL that has this target. */
  urlOf(target: string): string | undefined {
    for (const [url, chosen] of this.#targets) if (chosen === target) return url;
    return undefined;
  }

  /** Chooses a module's target, and links it. The one place where that is decided. */
  prepare(module: SiteModule): void {
    if (this.#targets.has(module.url)) return;
    this.#targets.set(module.url, this.#choose(module));
    this.#hashes.set(module.url, module.hash);
  }

  /**
   * Makes another instance of a module, which no rule leads to; `adopt` says that it has taken the place of the one
   * before. Undefined when it cannot run from a blob.
   */
  create(module: SiteModule): string | undefined {
    if (this.#options.pinned(module.url)) return undefined;
    if (module.type === CSS_TYPE) return moduleUrl(this.#options.prefix, module) + suffixOf(module.url);
    if (module.type !== JAVASCRIPT && module.type !== JSON_TYPE) return undefined;
    return this.#own(module, this.#options.urls, LATER_DATA_BYTES);
  }

  adopt(url: string, target: string | undefined, hash: Hash): void {
    this.#targets.set(url, target);
    this.#hashes.set(url, hash);
    this.#installed.add(url);
  }

  /** Nothing will import this target any more. */
  discard(target: string): void {
    if (this.#sizes.delete(target)) URL.revokeObjectURL(target);
  }

  /** Gives every other module of the site its HTTP target: where no later import map can follow. */
  prepareRest(): void {
    const { site } = this.#options;
    for (const path of site.manifest.modules.keys()) {
      const url = naturalUrl(site.root, path);
      const module = moduleAt(site, url);
      if (module === undefined || this.#targets.has(url)) continue;
      this.#targets.set(url, this.#options.pinned(url) ? undefined : this.#http(module));
      this.#hashes.set(url, module.hash);
    }
  }

  /** The import map with a rule for each target that has none yet; null when there is nothing to add. */
  importMap(): ImportMapJson | null {
    const { site, resolver, prefix } = this.#options;
    const fresh = [...this.#targets.keys()].filter((url) => !this.#installed.has(url));
    const aliases = [...resolver.aliases.keys()].filter((alias) => !this.#aliased.has(alias));
    const first = !this.#mapped;
    if (fresh.length === 0 && aliases.length === 0 && !first) return null;
    this.#mapped = true;
    for (const url of fresh) this.#installed.add(url);
    for (const alias of aliases) this.#aliased.add(alias);
    const map = first
      ? generateImportMap(site, resolver, fresh, this.targetOf)
      : laterImportMap(resolver, fresh, aliases, this.targetOf);
    // Modules at HTTP targets name others by root-relative URLs, which are the registry's when it is not the site.
    if (site.root !== new URL('/', prefix).href) {
      for (const url of fresh) {
        const target = this.targetOf(url);
        if (target?.startsWith(prefix) !== true) continue;
        const rooted = new URL(`/${url.slice(site.root.length)}`, prefix).href;
        map.imports![rooted] ??= target;
      }
    }
    return map;
  }

  #choose(module: SiteModule): string | undefined {
    // What the author pinned by a hash the browser checks against that hash, which linked bytes do not have.
    if (this.#options.pinned(module.url)) return undefined;
    if (this.#options.targets === 'http') return this.#http(module);
    if (module.type !== JAVASCRIPT && module.type !== JSON_TYPE) return undefined;
    const blob = this.#options.blobPool.get(module.hash);
    if (blob === undefined) return this.#http(module);
    try {
      return this.#own(module, this.#isRepeated(module.url) ? 'blob' : this.#options.urls);
    } catch (error) {
      this.#options.onUnlinkable(module, error);
      return this.#http(module);
    }
  }

  /** Whether the import map will have the target more than twice, as rules of the page's own lead to it. */
  #isRepeated(url: string): boolean {
    const { map } = this.#options.resolver;
    let rules = 0;
    for (const own of [map.imports, ...map.scopes.values()]) {
      for (const address of own.values()) {
        if (address !== null && (address === url || (address.endsWith('/') && url.startsWith(address))))
          rules++;
      }
    }
    return rules > 1;
  }

  /**
   * What does not parse is left to the site, where the browser's error names the file; but where that may have been saved
   * again by then, the page is to run what the deploy says and nothing else.
   */
  #own(module: SiteModule, kind: UrlKind, dataBytes?: number): string | undefined {
    return this.#blob(module, kind, dataBytes) ?? (this.#options.watched ? this.#http(module) : undefined);
  }

  #blob(module: SiteModule, kind: UrlKind, dataBytes?: number): string | undefined {
    const { blobPool, resolver } = this.#options;
    const { bytes, links } = blobPool.get(module.hash)!;
    let parts: (Uint8Array | string)[] = [bytes];
    if (module.type === JSON_TYPE) {
      if (!isJson(bytes)) return undefined;
    } else {
      if (links?.state === 'unparsed') return undefined;
      // Never a module before, as far as the server knew when it sent this: the server will know by now.
      if (links === null) return this.#http(module);
      parts = linkForBlob(bytes, links, module.url, resolver);
    }
    const target = createModuleUrl(kind, parts, module.type, dataBytes);
    this.#sizes.set(target, bytes.length);
    return target;
  }

  #http(module: SiteModule): string | undefined {
    if (module.type !== JAVASCRIPT && module.type !== JSON_TYPE) return undefined;
    return moduleUrl(this.#options.prefix, module) + suffixOf(module.url);
  }
}
