import { init, parse, type Import } from 'es-module-lexer';
import { UNPARSED, type Link, type Links } from '../schema/index.js';

await init();

/** Where byte offsets come from: most modules are ASCII, where they equal the string's own. */
type ByteOffset = (index: number) => number;

/** UTF-8 length of what lies before `index`; to be asked for ascending indexes. */
function utf8Offsets(text: string): ByteOffset {
  let at = 0;
  let bytes = 0;
  return (index) => {
    for (; at < index; at++) {
      const unit = text.charCodeAt(at);
      // Each half of a surrogate pair counts two of the pair's four bytes.
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
  readonly offset: ByteOffset;
  /** A string of the lexer's as the browser will see it. */
  readonly decode: (text: string) => string;
}

/**
 * Offsets have to be offsets in the bytes. Valid UTF-8 gives them by counting. Anything else is lexed a byte a
 * character: the grammar's own characters are ASCII, and the browser's replacement characters would shift it all.
 */
function readSource(bytes: Uint8Array): Source {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const offset = text.length === bytes.length ? (index: number) => index : utf8Offsets(text);
    return { text, offset, decode: (part) => part };
  } catch {
    const decode = (part: string) =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        Uint8Array.from(part, (char) => char.charCodeAt(0)),
      );
    return { text: latin1(bytes), offset: (index) => index, decode };
  }
}

/** What stands before the source text proper: a byte order mark, and a hashbang, in which the lexer would read code. */
const PREAMBLE = /^(?:\ufeff|\u00ef\u00bb\u00bf)?(?:#!.*)?/;

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
 * The last comment of the form among the comment lines with which a text ends. In the middle of a file, or within a
 * line, it may as well be part of a string; so it may before a line that ends in a backslash, or has a backtick.
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
 * Finds a JavaScript module's links. What the lexer cannot get through is `unparsed`; that a module does parse
 * is more than a lexer can tell.
 */
export function lexModule(bytes: Uint8Array): Links {
  const { text, offset, decode } = readSource(bytes);
  const origin = PREAMBLE.exec(text)![0].length;
  const body = origin === 0 ? text : text.slice(origin);
  let imports: readonly Import[];
  try {
    [imports] = parse(body);
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

/** The literal specifiers of a script's source text, for scripts that stand in a page. */
export function lexSpecifiers(source: string): { specifier: string; dynamic: boolean }[] {
  const links = lexModule(new TextEncoder().encode(source));
  return links.list.flatMap((link) =>
    (link.kind === 'static' || link.kind === 'dynamic') && link.specifier !== undefined
      ? [{ specifier: link.specifier, dynamic: link.kind === 'dynamic' }]
      : [],
  );
}
