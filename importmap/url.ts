/** A serialised URL whose path is no hierarchy: `blob:…`, `data:…`, `mailto:…`. */
const OPAQUE_PATH = /^[^:]*:(?!\/)/;
const FRAGMENT_ONLY = /^\s*#/;

/**
 * The URL parser: a serialised URL, or `undefined` where it fails. `base` is a serialised absolute URL.
 * https://url.spec.whatwg.org/#concept-basic-url-parser
 *
 * Relative to a URL with an opaque path there is nothing but a fragment. Node 20 takes `./a#b` there too, and a module
 * in a blob would resolve on the server what throws in every browser; so that rule is applied here.
 */
export function parseUrl(input: string, base?: string): string | undefined {
  if (base !== undefined && OPAQUE_PATH.test(base) && !FRAGMENT_ONLY.test(input)) return parseUrl(input);
  return URL.canParse(input, base) ? new URL(input, base).href : undefined;
}
