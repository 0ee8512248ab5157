import type { Link, Links } from '../schema/links.js';

const BACKSLASH = 0x5c;
const SPACE = 0x20;
const STRING_QUOTES = [0x22, 0x27];
const LITERAL_QUOTES = [...STRING_QUOTES, 0x60];

/** `new`, then white space and comments up to the end of the text. Gaps longer than WINDOW are not found. */
const NEW_BEFORE = /(?:^|[^\w$.#])new((?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/[^\n\r]*[\n\r])+)$/;
const WINDOW = 512;

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(Math.max(0, start), end));

const hasWord = (bytes: Uint8Array, at: number, word: string): boolean =>
  at >= 0 && ascii(bytes, at, at + word.length) === word;

function isLiteral(bytes: Uint8Array, { start, end }: Link, quotes: readonly number[]): boolean {
  const quote = bytes[start]!;
  if (!quotes.includes(quote)) return false;
  let at = start + 1;
  while (at < end - 1 && bytes[at] !== quote) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at === end - 1 && bytes[at] === quote;
}

/** Made when it is first used: paint worklets have none. */
let utf8: TextDecoder | undefined;
const decode = (bytes: Uint8Array): string =>
  (utf8 ??= new TextDecoder('utf-8', { ignoreBOM: true })).decode(bytes);

const ESCAPE = /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|([^]))/gi;
/** Characters after a backslash, and what they stand for. The last three continue the line. */
const ESCAPED = 'nrtbfv0\n\u2028\u2029';
const MEANING = '\n\r\t\b\f\v\0';

/** The value of the inside of a string or template literal (ECMA-262, 12.9.4 and 12.9.6). */
const valueOf = (written: string): string =>
  written
    .replace(/\r\n?/g, '\n')
    .replace(ESCAPE, (_, braced?: string, four?: string, two?: string, char?: string) => {
      if (char === undefined) return String.fromCodePoint(parseInt((braced ?? four ?? two)!, 16) % 0x110000);
      const at = ESCAPED.indexOf(char);
      return at === -1 ? char : (MEANING[at] ?? '');
    })
    // The links are stored in UTF-8.
    .toWellFormed();

/** Whether the literal or address from `start` to `end` is this specifier. */
function isWritten(bytes: Uint8Array, start: number, end: number, specifier: string): boolean {
  let at = start;
  // Nearly all are plain ASCII.
  while (at < end && bytes[at] === specifier.charCodeAt(at - start) && isPlain(bytes[at]!)) at++;
  return at === end
    ? specifier.length === end - start
    : valueOf(decode(bytes.subarray(start, end))) === specifier;
}

const isPlain = (byte: number): boolean => byte >= SPACE && byte < 0x7f && byte !== BACKSLASH;

function isAddress(bytes: Uint8Array, { start, end }: Link, name: string): boolean {
  return hasWord(bytes, start - name.length, name) && end > start && !(bytes[end]! > SPACE);
}

/** Whether the bytes at a link's range are what its kind and specifier say. The range must lie inside. */
function holdsLink(bytes: Uint8Array, link: Link): boolean {
  const { start, end } = link;
  switch (link.kind) {
    case 'static':
      return isLiteral(bytes, link, STRING_QUOTES) && isWritten(bytes, start + 1, end - 1, link.specifier);
    case 'dynamic':
      return end - start === 'import'.length && hasWord(bytes, start, 'import');
    case 'phase':
      if (link.specifier !== undefined) {
        return isLiteral(bytes, link, LITERAL_QUOTES) && isWritten(bytes, start + 1, end - 1, link.specifier);
      }
      return end > start && /[(/\s]/.test(ascii(bytes, start - 1, start));
    case 'meta':
      return (
        end - start >= 'import.meta'.length &&
        hasWord(bytes, start, 'import') &&
        hasWord(bytes, end - 4, 'meta')
      );
    case 'source-map':
      return isAddress(bytes, link, 'sourceMappingURL=') && isWritten(bytes, start, end, link.specifier);
    case 'source-url':
      return isAddress(bytes, link, 'sourceURL=');
  }
}

/**
 * The first link that overlaps another one, or whose bytes are not what it says. A blob's hash does not cover
 * its links. What no link names is not found: that needs the lexer.
 */
export function wrongLink(bytes: Uint8Array, { list }: Links): Link | undefined {
  let last = 0;
  for (const link of list) {
    if (link.start < last || link.end > bytes.length || !holdsLink(bytes, link)) return link;
    last = link.end;
  }
  return undefined;
}

/** Whether `new` precedes a place. `new import.meta.X()` would apply to a call that linking puts there. */
export function followsNew(bytes: Uint8Array, at: number): boolean {
  const before = ascii(bytes, at - WINDOW, at);
  const match = NEW_BEFORE.exec(before);
  if (match === null) return false;
  // On an earlier line, `new` may be the last word of a comment. Parentheses would then call the code before
  // it.
  const line = /[^\n\r]*$/.exec(before.slice(0, match.index))![0];
  return !(/[\n\r]/.test(match[1]!) && line.includes('//'));
}

/** The line breaks of a string literal, which are escaped by backslashes. */
export function lineBreaks(literal: Uint8Array): string {
  let breaks = '';
  for (const byte of literal) if (byte === 0x0a || byte === 0x0d) breaks += String.fromCharCode(byte);
  return breaks;
}
