import { pathFromUrl, pathToUrl, type Path } from '../../schema/index.js';
import type { CompilerOptions } from './recipe.js';
import { aliased, type SiteSettings } from './settings.js';
import type { Dependency, SiteFiles } from './transform.js';

/** What TypeScript takes instead of a JavaScript file that it would write. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  js: ['ts', 'tsx'],
  mjs: ['mts'],
  jsx: ['tsx'],
};

/** Extensions that a specifier may leave out, first those of TypeScript. */
const EXTENSIONS = ['ts', 'tsx', 'mts', 'js', 'jsx', 'mjs', 'json'] as const;

/** Finds the files of a site that specifiers name as in TypeScript, and remembers where it has looked. */
export class SourceResolver {
  readonly #files: SiteFiles;
  readonly #options: CompilerOptions;
  readonly #alias: SiteSettings['alias'];
  readonly deps: Dependency[] = [];

  constructor(files: SiteFiles, options: CompilerOptions, alias: SiteSettings['alias'] = {}) {
    this.#files = files;
    this.#options = options;
    this.#alias = alias;
  }

  /** What an alias makes of a specifier: another name, or a path of the site, `/src/view`. */
  aliased(specifier: string): string | undefined {
    const target = aliased(specifier, this.#alias);
    return target?.startsWith('.') ? `/${joinPath('', `./${target}`) ?? ''}` : target;
  }

  /**
   * The file that a specifier names, without its query. Undefined where it names none, and for bare names
   * that no `paths` of the `tsconfig.json` match.
   */
  resolve(specifier: string, importer: Path): Path | undefined {
    if (isRelative(specifier)) return this.#source(joinPath(importer, specifier));
    for (const place of this.#mapped(specifier)) {
      const found = this.#source(place);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Where the first of the `paths` for a bare name leads. */
  mapped(specifier: string): Path | undefined {
    for (const place of this.#mapped(specifier)) return place;
    return undefined;
  }

  /** Whether there is a file, also one that no deploy contains: an image. */
  exists(path: Path): boolean {
    this.deps.push({ exists: path });
    return this.#files.has(path);
  }

  /** The places where `paths` and `baseUrl` lead. */
  *#mapped(specifier: string): Generator<Path | undefined> {
    const { paths = {}, baseUrl } = this.#options;
    // TypeScript takes the exact pattern first, then that with the longest text before its `*`.
    const patterns = Object.entries(paths).toSorted(([a], [b]) => beforeStar(b) - beforeStar(a));
    for (const [pattern, places] of patterns) {
      const star = matchStar(pattern, specifier);
      if (star === undefined) continue;
      for (const place of places) yield normal(place.replace('*', () => star));
      return;
    }
    if (baseUrl !== undefined && !/^[a-z][\w+.-]*:/i.test(specifier)) {
      yield normal(baseUrl === '' ? specifier : `${baseUrl}/${specifier}`);
    }
  }

  #source(place: Path | undefined): Path | undefined {
    if (place === undefined) return undefined;
    return this.#candidates(place).find((candidate) => this.exists(candidate));
  }

  #candidates(place: Path): Path[] {
    const [, stem, extension = ''] = /^(.*)\.(m?js|jsx)$/.exec(place) ?? [];
    const sources = (SOURCES_OF[extension] ?? []).map((each) => `${stem}.${each}`);
    const folder = place === '' ? '' : `${place}/`;
    return [
      ...(place === '' ? [] : [place, ...sources, ...EXTENSIONS.map((each) => `${place}.${each}`)]),
      ...EXTENSIONS.map((each) => `${folder}index.${each}`),
    ];
  }
}

const isRelative = (specifier: string): boolean => /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier);

const beforeStar = (pattern: string): number => (pattern.includes('*') ? pattern.indexOf('*') : Infinity);

/** What stands for the `*` of a pattern; empty for a pattern without one that is the text. */
function matchStar(pattern: string, text: string): string | undefined {
  const at = pattern.indexOf('*');
  if (at === -1) return pattern === text ? '' : undefined;
  const [start, end] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const fits = text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
  return fits ? text.slice(start.length, text.length - end.length) : undefined;
}

/** A path without `.` and `..`. Undefined above the site's root. */
function normal(place: string): Path | undefined {
  const segments: string[] = [];
  for (const segment of place.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join('/');
}

/** Where a relative or absolute specifier of a module leads. Undefined outside of the site. */
export function joinPath(importer: Path, specifier: string): Path | undefined {
  const folder = importer.slice(0, importer.lastIndexOf('/') + 1);
  const place = normal(specifier.startsWith('/') ? specifier : folder + specifier);
  return place === undefined || place === '' ? place : (pathFromUrl(place) ?? place);
}

/** How a module names a file of the site. */
export function relativeSpecifier(importer: Path, target: Path): string {
  const from = importer.split('/').slice(0, -1);
  const to = target.split('/');
  let same = 0;
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++;
  const up = '../'.repeat(from.length - same);
  return (up || './') + pathToUrl(to.slice(same).join('/'));
}
