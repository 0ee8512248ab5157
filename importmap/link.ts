import { ModcastError } from '../schema/errors.js';
import type { Link, Links } from '../schema/links.js';
import { followsNew, lineBreaks, wrongLink } from './link-range.js';
import type { Resolver } from './resolver.js';

/** A part of linked source. Join all parts, with strings in UTF-8. */
export type LinkedPart = Uint8Array | string;

/** The replacement of each kind of link, for the place where the module will run. */
interface LinkStyle {
  /** Undefined keeps the specifier as the author wrote it. */
  specifier(specifier: string): string | undefined;
  /** Replaces the keyword of `import(…)`. */
  readonly importFunction: string;
  /** Put around `import.meta`. */
  readonly meta: readonly [before: string, after: string];
  /** Put around an argument that is not a literal, if the keyword must stay (`import.defer(…)`). */
  readonly argument: readonly [before: string, after: string];
  readonly url: string;
  /** Added after the last byte on new lines, so that no line number changes. */
  readonly tail: string;
}

/** A specifier that replaces a literal, with the same number of line breaks. */
const literal = (specifier: string, written: Uint8Array): string =>
  lineBreaks(written) + JSON.stringify(specifier);

function replacement(bytes: Uint8Array, link: Link, style: LinkStyle): LinkedPart[] {
  const written = bytes.subarray(link.start, link.end);
  switch (link.kind) {
    case 'static': {
      const specifier = style.specifier(link.specifier);
      return [specifier === undefined ? written : literal(specifier, written)];
    }
    case 'dynamic':
      return [style.importFunction];
    case 'phase': {
      const specifier = link.specifier === undefined ? undefined : style.specifier(link.specifier);
      if (specifier !== undefined) return [literal(specifier, written)];
      return [style.argument[0], written, style.argument[1]];
    }
    case 'meta': {
      const [before, after] = style.meta;
      return followsNew(bytes, link.start) ? ['(', before, written, after, ')'] : [before, written, after];
    }
    case 'source-map':
      return [URL.canParse(link.specifier, style.url) ? new URL(link.specifier, style.url).href : written];
    case 'source-url':
      return [written];
  }
}

function link(bytes: Uint8Array, links: Links, style: LinkStyle): LinkedPart[] {
  const wrong = wrongLink(bytes, links);
  if (wrong !== undefined) {
    throw new ModcastError(
      'links-invalid',
      `no ${wrong.kind} link at ${wrong.start}–${wrong.end} of ${bytes.length} bytes`,
      { found: wrong },
    );
  }
  const parts: LinkedPart[] = [];
  let last = 0;
  for (const item of links.list) {
    parts.push(bytes.subarray(last, item.start), ...replacement(bytes, item, style));
    last = item.end;
  }
  parts.push(bytes.subarray(last));
  const named = links.list.some((item) => item.kind === 'source-url');
  parts.push(style.tail, named ? '' : `\n//# sourceURL=${style.url}`);
  return parts;
}

/**
 * Links a module for a blob URL. Static specifiers become natural URLs, which the installed import map maps
 * to blobs. `import()` and `import.meta` go through the loader's global `__modcast__(url)`: a blob's URL does
 * not say where the module belongs, and a hoisted function may use them before the first statement. `import`
 * and `__modcast__` are both words that start an expression, so automatic semicolons do not change.
 *
 * @param url the module's natural URL, query and fragment included
 */
export function linkForBlob(bytes: Uint8Array, links: Links, url: string, resolver: Resolver): LinkedPart[] {
  const here = `__modcast__(${JSON.stringify(url)})`;
  return link(bytes, links, {
    specifier: (specifier) => resolver.written(specifier, url),
    importFunction: `${here}.import`,
    meta: [`${here}.meta(`, ')'],
    argument: [`${here}.written(`, ')'],
    url,
    tail: '',
  });
}

/**
 * Links a module for `/-/modules/<hash>/<path>`. Relative specifiers become root-relative, bare ones stay for
 * the page's import map. The result depends only on bytes, links and `pathname`, so it is immutable. The
 * module uses the loader's global or, on a page without the loader, functions at its end. Function
 * declarations are hoisted, so they exist before the first statement.
 *
 * @param pathname the path part of the natural URL, `/lib/disk.mjs`
 */
export function linkForHttp(bytes: Uint8Array, links: Links, pathname: string): LinkedPart[] {
  // Any origin works: it is removed again. A specifier with another origin keeps it.
  const base = `https://site.invalid${pathname}`;
  const specifier = (text: string): string | undefined => {
    if (!/^\.{0,2}\//.test(text) || !URL.canParse(text, base)) return undefined;
    const url = new URL(text, base);
    return url.host === 'site.invalid' ? url.href.slice('https://site.invalid'.length) : undefined;
  };
  const uses = (...kinds: Link['kind'][]) => links.list.some((item) => kinds.includes(item.kind));
  let tail = '';
  if (uses('dynamic', 'phase', 'meta')) {
    // Another query or fragment is another instance, as at the natural URL.
    tail += `
function __modcast_url__(u) { return ${JSON.stringify(pathname)} + u.replace(/^[^?#]*/, ''); }
function __modcast_written__(s, b) { s = \`\${s}\`; return /^\\.{0,2}\\//.test(s) ? new URL(s, new URL(b ?? __modcast_url__(import.meta.url), import.meta.url)).href : s; }`;
  }
  if (uses('dynamic')) {
    tail += `
async function __modcast_import__(s, o) { return typeof __modcast__ === 'function' ? __modcast__(__modcast_at__ ?? __modcast_url__(import.meta.url)).import(s, o) : import(__modcast_written__(s, __modcast_at__), o); }`;
  }
  if (uses('dynamic', 'meta')) {
    // The author's code may assign import.meta.url, so the first use keeps its value.
    tail += `
var __modcast_at__;`;
  }
  if (uses('meta')) {
    tail += `
function __modcast_meta__(m) {
  const at = __modcast_at__ ??= __modcast_url__(m.url);
  if (typeof __modcast__ === 'function') return __modcast__(at).meta(m);
  if (m.resolve.modcast === undefined) {
    const resolve = m.resolve;
    m.url = new URL(at, m.url).href;
    m.resolve = (s) => resolve(__modcast_written__(s, at));
    m.resolve.modcast = true;
  }
  return m;
}`;
  }
  return link(bytes, links, {
    specifier,
    importFunction: '__modcast_import__',
    meta: ['__modcast_meta__(', ')'],
    argument: ['__modcast_written__(', ')'],
    url: pathname,
    tail,
  });
}

export interface WorkerLinkOptions {
  /** The module's natural URL, without query and fragment. */
  readonly url: string;
  /** The text for a static specifier; undefined keeps the author's, and the engine's error. */
  readonly written: (specifier: string) => string | undefined;
  /** URL of the script that defines `__modcast__` in a worker. */
  readonly runtime: string;
}

/**
 * Links a module for a worker or worklet, which takes no import map. Static specifiers become URLs in the
 * same deploy; `import()` and `import.meta` go through the worker's own `__modcast__(url)`. An import at the
 * end brings it before the first statement: dependencies run first.
 */
export function linkForWorker(bytes: Uint8Array, links: Links, options: WorkerLinkOptions): LinkedPart[] {
  const here = '__modcast__(import.meta.url)';
  return link(bytes, links, {
    specifier: options.written,
    importFunction: `${here}.import`,
    meta: [`${here}.meta(`, ')'],
    argument: [`${here}.written(`, ')'],
    url: options.url,
    tail: `\nimport ${JSON.stringify(options.runtime)};`,
  });
}
