/** A serialised URL whose path has no hierarchy: `blob:…`, `data:…`, `mailto:…`. */
const OPAQUE_PATH = /^[^:]*:(?!\/)/;
const FRAGMENT_ONLY = /^\s*#/;

/**
 * The URL parser: a serialised URL, or `undefined` if the input is invalid. `base` is a serialised absolute
 * URL.
 * https://url.spec.whatwg.org/#concept-basic-url-parser
 *
 * A base with an opaque path allows only a fragment. Node 20 wrongly accepts `./a#b` too. Without the check
 * here, the server would resolve a specifier that throws in every browser.
 */
export function parseUrl(input: string, base?: string): string | undefined {
  if (base !== undefined && OPAQUE_PATH.test(base) && !FRAGMENT_ONLY.test(input)) return parseUrl(input);
  return URL.canParse(input, base) ? new URL(input, base).href : undefined;
}
