import { pathToUrl, type Path } from '../../schema/index.js';
import { joinPath, relativeSpecifier, type SourceResolver } from './resolve-source.js';
import type { VirtualKind, VirtualModule } from './transform.js';

/** Extensions of files that an import gets the URL of: images, media, fonts, documents. */
const ASSET =
  /\.(?:apng|avif|bmp|gif|ico|jfif|jpe?g|pjp(?:eg)?|png|svg|webp|aac|flac|m4a|mov|mp3|mp4|ogg|opus|vtt|wav|webm|eot|otf|ttf|woff2?|pdf|txt|webmanifest)$/i;

const QUERY: Readonly<Record<string, VirtualKind>> = {
  raw: 'raw',
  url: 'url',
  inline: 'inline',
  worker: 'worker',
  sharedworker: 'worker',
};

/** What runtime modules are for: helpers that a transform imports. */
const HELPER = /^@oxc-project\/runtime\/helpers\/(\w+)$/;

/** Where the modules of a deploy are that no file of the site is. */
export const RUNTIME = 'modcast.runtime/';

/** Finds what the imports of one module lead to. */
export class ImportedFiles {
  readonly #importer: Path;
  readonly #resolver: SourceResolver;
  readonly #isSource: (path: Path) => boolean;
  readonly #virtual = new Map<Path, VirtualModule>();

  constructor(importer: Path, resolver: SourceResolver, isSource: (path: Path) => boolean) {
    this.#importer = importer;
    this.#resolver = resolver;
    this.#isSource = isSource;
  }

  static isAsset = (path: string): boolean => ASSET.test(path);

  get importer(): Path {
    return this.#importer;
  }

  /** The modules that imports lead to and that no file is. */
  get virtual(): VirtualModule[] {
    return [...this.#virtual.values()];
  }

  /** What an import has to name instead. Undefined where it stays as it is. */
  target(specifier: string): string | undefined {
    const helper = HELPER.exec(specifier)?.[1];
    if (helper !== undefined) return this.#name({ kind: 'runtime', file: `${RUNTIME}${helper}.js` });
    const { name: written, query } = splitQuery(specifier);
    const alias = this.#resolver.aliased(written);
    const name = alias ?? written;
    const kind = virtualKind(name, query);
    const found = this.#resolver.resolve(name, this.#importer);
    // Files that no deploy contains have no virtual modules, but for their URLs.
    const file = found ?? (kind === 'url' ? this.place(name) : undefined);
    if (file === undefined) {
      const wanted = kind === 'raw' || kind === 'inline' ? this.place(name) : undefined;
      if (wanted !== undefined && wanted !== '') this.#resolver.deps.push({ exists: wanted, isWanted: true });
      return alias === undefined ? undefined : alias + query;
    }
    const own = kind ?? virtualKind(file, query);
    if (own !== undefined && !(query === '' && this.#isSource(file))) return this.#name({ kind: own, file });
    if (isOfSite(written) && urlPath(this.#importer, written) === `/${pathToUrl(file)}`) return undefined;
    return relativeSpecifier(this.#importer, file) + query;
  }

  /** What an import of a file has to name. */
  ofFile(file: Path, query: string): string {
    const kind = virtualKind(file, query);
    if (kind !== undefined && !(query === '' && this.#isSource(file))) return this.#name({ kind, file });
    return relativeSpecifier(this.#importer, file) + query;
  }

  /**
   * The place that a specifier, or a pattern of `import.meta.glob`, names first, whether there is a file
   * or not.
   */
  place(pattern: string): Path | undefined {
    if (pattern.startsWith('**')) return pattern;
    const alias = this.#resolver.aliased(pattern);
    if (alias !== undefined && isOfSite(alias)) return joinPath(this.#importer, alias);
    return isOfSite(pattern) ? joinPath(this.#importer, pattern) : this.#resolver.mapped(pattern);
  }

  #name({ kind, file }: Omit<VirtualModule, 'path'>): string {
    const path = kind === 'runtime' ? file : `${file}@${kind}.js`;
    this.#virtual.set(path, { path, kind, file });
    return relativeSpecifier(this.#importer, path);
  }
}

/** The path of the URL that a specifier means: `//` is not `/`. */
const urlPath = (importer: Path, specifier: string): string =>
  new URL(specifier, `file:///${pathToUrl(importer)}`).pathname;

const isOfSite = (specifier: string): boolean => /^\.{0,2}\//.test(specifier);

export function splitQuery(specifier: string): { name: string; query: string } {
  const at = specifier.search(/[?#]/);
  return at === -1
    ? { name: specifier, query: '' }
    : { name: specifier.slice(0, at), query: specifier.slice(at) };
}

/** How an import takes a file that is no JavaScript. Undefined where it is a module. */
export function virtualKind(name: string, query: string): VirtualKind | undefined {
  const names = query
    .slice(1)
    .split('&')
    .map((part) => part.split('=', 1)[0]!);
  // As in Vite: `?inline&url` and the like are not taken apart.
  const asked = names.map((each) => (Object.hasOwn(QUERY, each) ? QUERY[each] : undefined)).find(Boolean);
  if (asked !== undefined) return asked;
  if (name.endsWith('.css')) return 'style';
  if (name.endsWith('.json')) return 'json';
  return ImportedFiles.isAsset(name) ? 'url' : undefined;
}
