import { ModcastError } from '../../schema/errors.js';
import type { PageElement, ParsedPage, Range } from './page-elements.js';
import { readImports, type ImportCalls, type Lex } from './read-page.js';
import { scriptSource } from './script-kinds.js';

/** Replaces a range of a page. */
export interface Edit extends Range {
  /** ASCII, which is the same in all encodings of pages. */
  text: string;
}

/** The loader's script. */
export function loaderTag(
  { src, integrity, data, async = ASYNC }: LoaderTag,
  nonce: string | undefined,
): string {
  // An `Integrity-Policy` accepts integrity only for CORS requests.
  const hash = integrity === undefined ? '' : `${attribute('integrity', integrity)} crossorigin`;
  return `<script${async}${attribute('src', src)}${hash}${dataAttributes(data)}${nonceAttribute(nonce)}></script>`;
}

/** The loader does not block the parser: the guard holds the page's scripts for it. */
export const ASYNC = ' async';

export interface LoaderTag {
  readonly src: string;
  /** Integrity metadata of the loader's bytes. */
  readonly integrity?: string | undefined;
  /** Data attributes: `{ bootMode: 'fresh' }` becomes `data-boot-mode="fresh"`. */
  readonly data: Readonly<Record<string, string>>;
  /** `ASYNC`, or what stands for it. Default `ASYNC`. */
  readonly async?: string | undefined;
}

export interface GuardTag {
  /** The guard's source text. */
  readonly text: string;
  readonly loaderSrc: string;
  /** Milliseconds that the page waits for the socket. */
  readonly timeout: string | undefined;
  /** Whether the page has scripts to hold. */
  readonly holds: boolean;
}

/** The guard's inline script. */
export function guardTag({ text, loaderSrc, timeout, holds }: GuardTag, nonce: string | undefined): string {
  const wait = timeout === undefined ? '' : attribute('data-timeout', timeout);
  const flag = holds ? ' data-holds' : '';
  return `<script${attribute('data-guard', loaderSrc)}${wait}${flag}${nonceAttribute(nonce)}>${text}</script>`;
}

/**
 * An import map that the guard removes. Firefox requests the module scripts of a page with all that they
 * import before the guard can hold them, unless an import map precedes them. It is empty, so that the browser
 * does nothing with it where a policy has blocked the guard.
 */
export const PRELOAD_STOP = '<script type="importmap" data-modcast="none"></script>';

/** An import map that the guard holds for the loader. @param text ASCII, without `<` */
export const importMapTag = (text: string, nonce: string | undefined): string =>
  `<script type="importmap" data-modcast="importmap"${nonceAttribute(nonce)}>${text}</script>`;

const nonceAttribute = (nonce: string | undefined): string =>
  nonce === undefined ? '' : attribute('nonce', nonce);

/** ` data-name="value"` for each key. */
export const dataAttributes = (data: Readonly<Record<string, string>>): string =>
  Object.entries(data)
    .map(([key, value]) => attribute(dataName(key), value))
    .join('');

function dataName(key: string): string {
  if (!/^[a-z][\w-]*$/i.test(key)) {
    throw new ModcastError('option-invalid', `"${key}" is not valid in the name of a data attribute`, {
      expected: 'a letter, then letters, digits, "_" and "-"',
      found: key,
    });
  }
  return `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A script that tells the browser's console why the page has no loader. */
export const noticeTag = (src: string): string => `<script async${attribute('src', src)}></script>`;

export interface InlineReader {
  readonly lex: Lex;
  readonly importCalls: ImportCalls;
}

/**
 * Marks a script for the guard. An inline module also gets the list of its imports, and `data-modcast-at`:
 * where its text is in the page, and where in the text it calls `import()`.
 *
 * @param reader undefined when it does not parse
 * @param early whether it is held only where the browser cannot hold back rendering for it
 */
export function markScript(
  script: PageElement,
  kind: 'module' | 'importmap' | 'defer',
  reader: InlineReader | undefined,
  early: boolean,
): Edit {
  const at = script.start + '<script'.length;
  const mark = attribute('data-modcast', kind) + (early ? ' data-modcast-early' : '');
  if (kind !== 'module' || scriptSource(script) !== undefined) return { start: at, end: at, text: mark };
  const specifiers = reader && new Set(readImports(script, reader.lex).map((i) => i.specifier));
  const imports = specifiers ? attribute('data-modcast-imports', asciiJson([...specifiers])) : '';
  const calls = reader?.importCalls(script.text()) ?? [];
  const place = attribute('data-modcast-at', [script.position(), ...calls].join());
  return { start: at, end: at, text: mark + imports + place };
}

/** Makes a `modulepreload` link inert. */
export function holdLink(link: PageElement, page: ParsedPage): Edit[] {
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
  // Some tokens are written with character references: write the whole value again, safe for any quotes or
  // none.
  const held = tokens.map((token) => token.replace(/^modulepreload$/i, 'modcast-modulepreload')).join(' ');
  return [{ ...range, text: withReferences(held) }];
}

/** An attribute's value that is safe in any quotes or none. ASCII. */
export const withReferences = (value: string): string => value.replace(/[^\w-]/gu, reference);

export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** ` name="value"`, in ASCII. */
export function attribute(name: string, value: string): string {
  const quote = value.includes('"') ? "'" : '"';
  const text = value.replace(/[^\x20-\x7e]|[&<>]/gu, reference).replaceAll(quote, reference);
  return ` ${name}=${quote}${text}${quote}`;
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

/** `html` with each edit applied. Ranges count from `origin`, are sorted and do not overlap. */
export function splice(html: Uint8Array, origin: number, edits: Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const { start, end, text } of edits) {
    parts.push(html.subarray(done, origin + start), Buffer.from(text, 'latin1'));
    done = origin + end;
  }
  parts.push(html.subarray(done));
  return new Uint8Array(Buffer.concat(parts));
}
