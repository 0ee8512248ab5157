import { ModcastError } from '../../schema/errors.js';
import type { PageElement, ParsedPage, Range } from './page-elements.js';
import { readImports, type Lex } from './read-page.js';
import { heldType, scriptSource } from './script-kinds.js';

/** Replaces a range of a page. */
export interface Edit extends Range {
  /** ASCII, which is the same in all encodings of pages. */
  text: string;
}

export function loaderTag(src: string, data: Record<string, string>, nonce: string | undefined): string {
  const nonceAttribute = nonce === undefined ? '' : attribute('nonce', nonce);
  return `<script${attribute('src', src)}${dataAttributes(data)}${nonceAttribute}></script>`;
}

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

/** Makes a module script or import map inert, and lists the imports of an inline module. */
export function holdScript(script: PageElement, lex: Lex): Edit[] {
  const kind = heldType(script);
  const range = script.valueRange('type');
  if (!kind || !range) return [];
  const hold: Edit = { ...range, text: `modcast/${kind}` };
  if (kind === 'importmap' || scriptSource(script) !== undefined) return [hold];
  const specifiers = new Set(readImports(script, lex).map((i) => i.specifier));
  const imports = attribute('data-modcast-imports', asciiJson([...specifiers]));
  return [inTag(script, imports + attribute('data-modcast-at', script.position())), hold];
}

/** An insertion right after the tag's name. */
function inTag(script: PageElement, text: string): Edit {
  const at = script.start + '<script'.length;
  return { start: at, end: at, text };
}

/** Makes a deferred classic script inert. */
export function holdDeferred(script: PageElement): Edit[] {
  const type = script.attribute('type');
  const range = script.valueRange('type');
  if (type === undefined) return [inTag(script, attribute('type', 'modcast/defer'))];
  // An attribute without a value (`<script type>`) has nothing to replace.
  if (!range) return [];
  return [inTag(script, attribute('data-modcast-type', type)), { ...range, text: 'modcast/defer' }];
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
