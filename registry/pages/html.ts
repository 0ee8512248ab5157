import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import { ModcastError } from '../../schema/errors.js';
import { type PageElement, type ParsedPage, type Range, parsePage } from './html-elements.js';
import { allowsLoader } from './content-security-policy.js';
import { isJavaScriptType } from '../content/media-type.js';

/** A module script of a page that the browser would run. */
export interface PageScript {
  kind: 'src' | 'inline';
  /** As written, not resolved; of `kind: 'src'` only. */
  src?: string;
  async: boolean;
  /** The literal specifiers of an inline script; of one with `src` none are read. */
  imports: ImportedSpecifier[];
}

export interface ImportedSpecifier {
  specifier: string;
  /** Whether it stands in `import()`. */
  dynamic: boolean;
}

/** Finds a module's literal specifiers, in their order. When it throws, the text counts as importing nothing. */
export type Lex = (source: string) => ImportedSpecifier[];

/** What a page loads, in the order in which it says so. */
export interface Page {
  scripts: PageScript[];
  /** The text of the page's first import map, whatever it is worth as JSON. */
  importMap?: string;
  laterImportMaps: string[];
  /** `<base href>` as written. */
  base?: string;
  /** The first nonce on any script. */
  nonce?: string;
}

export interface InjectOptions {
  /** URL of the loader, `/-/loader.js`. */
  loaderSrc: string;
  /** What the loader reads from its `dataset`: `{ bootMode: 'fresh' }` becomes `data-boot-mode="fresh"`. */
  data: Record<string, string>;
  lex: Lex;
  /** Whether an inline module parses. One that does not is the browser's to report, where it stands. */
  parses?: (source: string) => boolean;
}

interface Edit extends Range {
  /** ASCII, so that it reads the same in whatever encoding the page has. */
  text: string;
}

const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_BOMS = [Buffer.from([0xfe, 0xff]), Buffer.from([0xff, 0xfe])];

/** What the page loads. Of a page in UTF-16 nothing is read. */
export function readPage(html: Uint8Array, lex: Lex): Page {
  const body = withoutBom(html);
  if (!body) return { scripts: [], laterImportMaps: [] };
  const { elements } = parsePage(body);
  const scripts = elements.filter((e) => heldType(e) === 'module').map((e) => readScript(e, lex));
  return { scripts, ...readHead(elements) };
}

/**
 * The page with the loader first in its head, and with its module scripts, import maps and `modulepreload` links under
 * types that no browser acts on: `modcast/module` (inline ones with `data-modcast-imports`, a JSON array of their
 * specifiers), `modcast/importmap` and `modcast-modulepreload`. All other bytes are as they were.
 *
 * Where the author wrote a loader tag, none is added. Options may be a function of what the page says, except for its
 * scripts: these are read with the options' `lex`.
 *
 * @returns undefined when the page is to be served as it is: it says `<meta name="modcast" content="off">`, is in UTF-16,
 *   is blank, has module scripts or import maps in a declarative shadow root, where the loader could not reach them, or
 *   has a policy under which the loader could not run or could not install an import map.
 * @throws ModcastError `option-invalid` when a key of `data` makes no attribute name.
 */
export function injectPage(
  html: Uint8Array,
  options: InjectOptions | ((page: Omit<Page, 'scripts'>) => InjectOptions),
): Uint8Array | undefined {
  const body = withoutBom(html);
  if (!body) return undefined;
  const page = parsePage(body);
  const { elements, headOffset } = page;
  if (headOffset === undefined || elements.some(isOptOut)) return undefined;
  const held = elements.filter((e) => heldType(e) !== undefined);
  if (held.some((e) => e.inShadowRoot)) return undefined;

  const head = readHead(elements);
  if (!policiesOf(elements).every((policy) => allowsLoader(policy, head.nonce))) return undefined;
  const {
    loaderSrc,
    data,
    lex,
    parses = () => true,
  } = typeof options === 'function' ? options(head) : options;
  const edits: Edit[] = [];
  if (!elements.some((e) => isLoader(e, loaderSrc))) {
    edits.push({ start: headOffset, end: headOffset, text: loaderTag(loaderSrc, data, head.nonce) });
  }
  let modules = 0;
  for (const element of elements) {
    if (element.tag === 'link') edits.push(...holdLink(element, page));
    else if (heldType(element) !== undefined) {
      if (scriptSource(element) === undefined && heldType(element) === 'module' && !parses(element.text()))
        continue;
      if (heldType(element) === 'module') modules++;
      edits.push(...holdScript(element, lex));
    } else if (modules > 0 && isDeferred(element) && !isLoader(element, loaderSrc))
      edits.push(...holdDeferred(element));
  }
  return splice(html, html.length - body.length, edits);
}

/** Undefined for UTF-16, which a byte order mark announces. */
function withoutBom(html: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(html.buffer, html.byteOffset, html.byteLength);
  if (UTF16_BOMS.some((bom) => bytes.subarray(0, 2).equals(bom))) return undefined;
  return bytes.subarray(0, 3).equals(UTF8_BOM) ? bytes.subarray(3) : bytes;
}

function readHead(elements: PageElement[]): Omit<Page, 'scripts'> {
  const [importMap, ...laterImportMaps] = elements
    .filter((e) => heldType(e) === 'importmap')
    .map((e) => e.text());
  const base = elements
    .find((e) => e.tag === 'base' && !e.inShadowRoot && e.attribute('href') !== undefined)
    ?.attribute('href');
  const nonce = elements.find((e) => e.tag === 'script' && e.attribute('nonce'))?.attribute('nonce');
  return {
    ...(importMap !== undefined && { importMap }),
    laterImportMaps,
    ...(base !== undefined && { base }),
    ...(nonce !== undefined && { nonce }),
  };
}

function readScript(script: PageElement, lex: Lex): PageScript {
  const src = scriptSource(script);
  const async = script.attribute('async') !== undefined;
  if (src !== undefined) return { kind: 'src', src, async, imports: [] };
  return { kind: 'inline', async, imports: readImports(script, lex) };
}

/** A script that is no module is the browser's to complain about, and no reason not to serve the page. */
function readImports(script: PageElement, lex: Lex): ImportedSpecifier[] {
  try {
    return lex(script.text());
  } catch {
    return [];
  }
}

/** An SVG script's is in `href`, or else in `xlink:href` (SVG 2, Linking). */
function scriptSource(script: PageElement): string | undefined {
  return script.svg ? (script.attribute('href') ?? script.attribute('xlink:href')) : script.attribute('src');
}

/**
 * What kind of script is to be held back, by the conditions of "prepare the script element" (HTML Standard, 4.12.1.1).
 * Undefined for one that the browser would not run as such: were it held back, the loader would run what never ran.
 * White space around the type is significant, other than in JavaScript's media types.
 */
function heldType(element: PageElement): 'module' | 'importmap' | undefined {
  if (element.tag !== 'script') return undefined;
  const type = element.attribute('type') ?? '';
  const kind = /^module$/i.test(type) ? 'module' : /^importmap$/i.test(type) ? 'importmap' : undefined;
  if (!kind || !element.complete) return undefined;
  const src = scriptSource(element);
  if (src !== undefined) return kind === 'module' && src !== '' ? kind : undefined;
  return element.text() === '' ? undefined : kind;
}

/** What the page's own `<meta>` elements say; a policy in a header is for the loader to find. */
function policiesOf(elements: readonly PageElement[]): string[] {
  return elements
    .filter((e) => e.tag === 'meta' && /^content-security-policy$/i.test(e.attribute('http-equiv') ?? ''))
    .map((e) => e.attribute('content') ?? '');
}

function isOptOut(element: PageElement): boolean {
  if (element.tag !== 'meta') return false;
  return (
    /^modcast$/i.test(element.attribute('name') ?? '') &&
    /^\s*off\s*$/i.test(element.attribute('content') ?? '')
  );
}

/** Whether a classic script from the loader's path runs here, from whatever host and under whatever prefix. */
function isLoader(element: PageElement, loaderSrc: string): boolean {
  if (element.tag !== 'script' || element.inShadowRoot || !element.complete) return false;
  const src = scriptSource(element);
  const type = (element.attribute('type') ?? '').trim();
  if (src === undefined || (type !== '' && !isJavaScriptType(type))) return false;
  return urlPath(src)?.endsWith(urlPath(loaderSrc) ?? loaderSrc) ?? false;
}

function urlPath(url: string): string | undefined {
  const base = PLACEHOLDER_ROOT;
  return URL.canParse(url, base) ? new URL(url, base).pathname : undefined;
}

function loaderTag(src: string, data: Record<string, string>, nonce: string | undefined): string {
  const dataAttributes = Object.entries(data).map(([key, value]) => attribute(dataName(key), value));
  const nonceAttribute = nonce === undefined ? '' : attribute('nonce', nonce);
  return `<script${attribute('src', src)}${dataAttributes.join('')}${nonceAttribute}></script>`;
}

function dataName(key: string): string {
  if (!/^[a-z][\w-]*$/i.test(key)) {
    throw new ModcastError('option-invalid', `"${key}" makes no data attribute`, {
      expected: 'a letter, then letters, digits, "_" and "-"',
      found: key,
    });
  }
  return `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function holdScript(script: PageElement, lex: Lex): Edit[] {
  const kind = heldType(script);
  const range = script.valueRange('type');
  if (!kind || !range) return [];
  const hold: Edit = { ...range, text: `modcast/${kind}` };
  if (kind === 'importmap' || scriptSource(script) !== undefined) return [hold];
  const specifiers = new Set(readImports(script, lex).map((i) => i.specifier));
  const imports = attribute('data-modcast-imports', asciiJson([...specifiers]));
  return [inTag(script, imports + attribute('data-modcast-at', script.position())), hold];
}

/** Right after the tag's name, where nothing of what the author wrote can be in the way. */
function inTag(script: PageElement, text: string): Edit {
  const at = script.start + '<script'.length;
  return { start: at, end: at, text };
}

/**
 * A deferred classic script. It runs in one queue with the page's module scripts: behind one of those it has to wait
 * for it, wherever that comes from.
 */
function isDeferred(script: PageElement): boolean {
  if (script.tag !== 'script' || script.svg || !script.complete || script.inShadowRoot) return false;
  if (!script.attribute('src') || script.attribute('defer') === undefined) return false;
  if (script.attribute('async') !== undefined || script.attribute('nomodule') !== undefined) return false;
  const type = script.attribute('type') ?? oldType(script.attribute('language'));
  return type === '' || isJavaScriptType(type.trim());
}

/** What `language` says where there is no `type`. */
const oldType = (language: string | undefined): string => (language ? `text/${language}` : '');

function holdDeferred(script: PageElement): Edit[] {
  const type = script.attribute('type');
  const range = script.valueRange('type');
  if (type === undefined) return [inTag(script, attribute('type', 'modcast/defer'))];
  // An attribute without a value (`<script type>`) is left alone: nothing of it could be replaced.
  if (!range) return [];
  return [inTag(script, attribute('data-modcast-type', type)), { ...range, text: 'modcast/defer' }];
}

function holdLink(link: PageElement, page: ParsedPage): Edit[] {
  const tokens = (link.attribute('rel') ?? '').split(/[\t\n\f\r ]+/);
  const count = tokens.filter((token) => /^modulepreload$/i.test(token)).length;
  const range = link.valueRange('rel');
  if (count === 0 || !range) return [];
  const written = page.bytes.toString('latin1', range.start, range.end);
  const edits = [...written.matchAll(/(?<![^\t\n\f\r ])modulepreload(?![^\t\n\f\r ])/gi)].map((match) => {
    const start = range.start + match.index;
    return { start, end: start + match[0].length, text: 'modcast-modulepreload' };
  });
  if (edits.length === count) return edits;
  // Some are written with character references: the value is written anew, fit for any quotes or none.
  const held = tokens.map((token) => token.replace(/^modulepreload$/i, 'modcast-modulepreload')).join(' ');
  return [{ ...range, text: held.replace(/[^\w-]/gu, reference) }];
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** ` name="value"`, in ASCII. */
function attribute(name: string, value: string): string {
  const quote = value.includes('"') ? "'" : '"';
  const text = value.replace(/[^\x20-\x7e]|[&<>]/gu, reference).replaceAll(quote, reference);
  return ` ${name}=${quote}${text}${quote}`;
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

/** `html` with each edit's range, counted from `origin`, replaced by its text. Edits are in order and do not overlap. */
function splice(html: Uint8Array, origin: number, edits: Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const { start, end, text } of edits) {
    parts.push(html.subarray(done, origin + start), Buffer.from(text, 'latin1'));
    done = origin + end;
  }
  parts.push(html.subarray(done));
  return new Uint8Array(Buffer.concat(parts));
}
