/** Comments, strings, `url(…)`, and either of the last two as an `@import`. */
const PARTS =
  /\/\*[^]*?\*\/|(@import\s+)?(?:("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')|\burl\(\s*("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[^"'()\s]+)\s*\))/gi;

/** A URL in a style sheet that means another place below another base. Offsets are in UTF-16 code units. */
export interface StyleUrl {
  /** Without its quotes. */
  readonly address: string;
  /** Of the address, with its quotes. */
  readonly start: number;
  readonly end: number;
  /** The rule, for an `@import` without conditions. */
  readonly rule: { readonly start: number; readonly end: number } | undefined;
}

/** The relative URLs of a style sheet, in order. */
export function* styleUrls(css: string): Generator<StyleUrl> {
  for (const found of css.matchAll(PARTS)) {
    const [whole, rule, string, url] = found;
    const quoted = url ?? (rule === undefined ? undefined : string);
    if (quoted === undefined) continue;
    const address = /^['"]/.test(quoted) ? quoted.slice(1, -1) : quoted;
    if (!isRelative(address)) continue;
    const start = found.index + whole.lastIndexOf(quoted);
    const after = found.index + whole.length;
    const end = rule === undefined ? undefined : /^\s*;/.exec(css.slice(after, after + 20))?.[0].length;
    yield {
      address: address.replace(/\\(.)/g, '$1'),
      start,
      end: start + quoted.length,
      rule: end === undefined ? undefined : { start: found.index, end: after + end },
    };
  }
}

const isRelative = (url: string): boolean => url !== '' && !/^(?:[a-z][\w+.-]*:|\/|#)/i.test(url);
