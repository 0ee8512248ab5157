import { init, parse, type Import } from 'es-module-lexer';
import { UNPARSED, type Link, type Links } from '../schema/index.js';

await init();

/** The byte offset of a string index. For ASCII, as in most modules, both are equal. */
type ByteOffset = (index: number) => number;

/** UTF-8 bytes before `index`. Call it with ascending indexes. */
function utf8Offsets(text: string): ByteOffset {
  let at = 0;
  let bytes = 0;
  return (index) => {
    for (; at < index; at++) {
      const unit = text.charCodeAt(at);
      // Each half of a surrogate pair counts as two of the pair's four bytes.
      bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
    }
    return bytes;
  };
}

const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
};

interface Source {
  readonly text: string;
  readonly isAscii: boolean;
  readonly offset: ByteOffset;
  /** Decodes a string of the lexer as the browser decodes it. */
  readonly decode: (text: string) => string;
}

/**
 * Links need byte offsets. In valid UTF-8 they are counted. Other input is lexed with one character for each
 * byte: the characters of the grammar are ASCII, and the browser's replacement characters would shift all
 * offsets.
 */
function readSource(bytes: Uint8Array): Source {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const isAscii = text.length === bytes.length;
    const offset = isAscii ? (index: number) => index : utf8Offsets(text);
    return { text, isAscii, offset, decode: (part) => part };
  } catch {
    const decode = (part: string) =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        Uint8Array.from(part, (char) => char.charCodeAt(0)),
      );
    return { text: latin1(bytes), isAscii: false, offset: (index) => index, decode };
  }
}

/** A byte order mark and a hashbang line, which the lexer would read as code. */
const PREAMBLE = /^(?:\ufeff|\u00ef\u00bb\u00bf)?(?:#!.*)?/;

/** A line comment that U+2028 or U+2029 ends. The lexer would read on to the next line feed. */
const SEPARATED_COMMENT = /(\/\/[^\n\r\u2028\u2029]*)[\u2028\u2029]/g;

/** White space and line separators that the lexer would take for parts of names. */
const RARE_SPACE = /[\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]/g;

/** @throws Error when the lexer fails */
function parseImports(text: string, isAscii: boolean): readonly Import[] {
  if (isAscii) return parse(text)[0];
  const plain = text.replace(SEPARATED_COMMENT, '$1\n').replace(RARE_SPACE, ' ');
  try {
    const [imports] = parse(plain);
    const isSame = ({ start, end }: Import) => plain.slice(start, end) === text.slice(start, end);
    if (imports.every(isSame)) return imports;
  } catch {
    // It was no comment, but a part of a string.
  }
  return parse(text)[0];
}

function importLink(item: Import, decode: Source['decode']): Link[] {
  const { start, end } = item;
  if (item.type === 'import-meta') return [{ kind: 'meta', start, end }];
  if (item.type !== 'dynamic') {
    return [{ kind: 'static', start: start - 1, end: end + 1, specifier: decode(item.specifier) }];
  }
  const literal = item.glob ? undefined : item.specifier;
  const named = literal === undefined ? {} : { specifier: decode(literal) };
  if (item.phase !== null) return [{ kind: 'phase', start, end, ...named }];
  return [{ kind: 'dynamic', start: item.importStart, end: item.importStart + 'import'.length, ...named }];
}

/**
 * The last `//# name=…` comment among the comment lines at the end of a text. Elsewhere in a file, or before
 * a line with a backtick or a backslash at its end, it could be part of a string.
 */
function trailingComment(text: string, name: string): { start: number; end: number } | undefined {
  const comment = new RegExp(`^[ \\t]*//[#@][ \\t]${name}=([^\\s'"\`\\\\]+)[ \\t\\r]*$`);
  for (let end = text.length; end > 0;) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(start, end);
    const found = comment.exec(line)?.[1];
    if (found !== undefined) {
      const at = start + line.lastIndexOf(found);
      return { start: at, end: at + found.length };
    }
    if (!/^\s*(?:\/\/[^`]*)?$/.test(line)) return undefined;
    end = start - 1;
  }
  return undefined;
}

/**
 * Finds the links of a JavaScript module. If the lexer fails, the module is `unparsed`. A module for which it
 * succeeds may still have a syntax error.
 */
export function lexModule(bytes: Uint8Array): Links {
  const { text, isAscii, offset, decode } = readSource(bytes);
  const origin = PREAMBLE.exec(text)![0].length;
  const body = origin === 0 ? text : text.slice(origin);
  let imports: readonly Import[];
  try {
    imports = parseImports(body, isAscii);
  } catch {
    return UNPARSED;
  }
  const found = imports.flatMap((item) => importLink(item, decode));
  const map = trailingComment(body, 'sourceMappingURL');
  if (map !== undefined) {
    found.push({ kind: 'source-map', ...map, specifier: decode(body.slice(map.start, map.end)) });
  }
  const url = trailingComment(body, 'sourceURL');
  if (url !== undefined) found.push({ kind: 'source-url', ...url });
  const list = found
    .toSorted((a, b) => a.start - b.start)
    .map((link) => ({ ...link, start: offset(link.start + origin), end: offset(link.end + origin) }));
  return { state: 'linked', list };
}

/**
 * The string indexes of the keyword `import` in each `import(…)` of the source text of an inline script, in
 * order. None where it does not parse.
 */
export function lexImportCalls(source: string): number[] {
  const origin = PREAMBLE.exec(source)![0].length;
  try {
    return parseImports(source.slice(origin), false).flatMap((item) =>
      item.type === 'dynamic' && item.phase === null ? item.importStart + origin : [],
    );
  } catch {
    return [];
  }
}

/** The literal specifiers of the source text of an inline script. */
export function lexSpecifiers(source: string): { specifier: string; dynamic: boolean }[] {
  const links = lexModule(new TextEncoder().encode(source));
  return links.list.flatMap((link) =>
    (link.kind === 'static' || link.kind === 'dynamic') && link.specifier !== undefined
      ? [{ specifier: link.specifier, dynamic: link.kind === 'dynamic' }]
      : [],
  );
}

/** Whether a JavaScript module exports `default`. Undefined if the lexer fails. */
export function hasDefaultExport(bytes: Uint8Array): boolean | undefined {
  const { text } = readSource(bytes);
  try {
    return parse(text.replace(PREAMBLE, ''))[1].some((item) => 'name' in item && item.name === 'default');
  } catch {
    return undefined;
  }
}
