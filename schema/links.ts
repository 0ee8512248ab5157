import { ModcastError } from './errors.js';
import { ByteReader, ByteWriter } from './varint.js';

/**
 * A place in a blob's bytes that refers to another module, or to the module itself. `start` and `end` are
 * byte offsets, `end` is exclusive. Kinds:
 * - `static`: the string literal of a specifier with its quotes, in `import … from` and `export … from`
 * - `dynamic`: the keyword `import` of `import(…)`, with `specifier` if the argument is one string literal
 * - `phase`: the argument of `import.source(…)` or `import.defer(…)`
 * - `meta`: `import.meta`
 * - `source-map`: the URL in `//# sourceMappingURL=…`
 * - `source-url`: the URL in the author's `//# sourceURL=…`; linking then adds none
 */
export type Link =
  | { readonly kind: 'static'; readonly start: number; readonly end: number; readonly specifier: string }
  | { readonly kind: 'dynamic'; readonly start: number; readonly end: number; readonly specifier?: string }
  | { readonly kind: 'phase'; readonly start: number; readonly end: number; readonly specifier?: string }
  | { readonly kind: 'meta' | 'source-url'; readonly start: number; readonly end: number }
  | { readonly kind: 'source-map'; readonly start: number; readonly end: number; readonly specifier: string };

/**
 * The links of a blob. An `unparsed` blob does not parse as a module, so pages never link it. The browser
 * loads it from the site and reports the syntax error at its place in the author's file. If files are
 * watched, the browser loads it by its hash, because the file may have changed by then.
 */
export interface Links {
  readonly state: 'linked' | 'unparsed';
  /** Sorted by `start`, without overlaps. */
  readonly list: readonly Link[];
}

export const NO_LINKS: Links = { state: 'linked', list: [] };
export const UNPARSED: Links = { state: 'unparsed', list: [] };

const KINDS = ['static', 'dynamic', 'phase', 'meta', 'source-map', 'source-url'] as const;
const HAS_SPECIFIER = 0x10;
const STATE = { linked: 0, unparsed: 1 } as const;

/**
 * Binary form: state byte, count, then for each link: a byte with the kind (low four bits) and whether a
 * specifier follows, distance from the end of the previous link, length, and the specifier's length and
 * UTF-8. Integers are LEB128.
 */
export function encodeLinks(links: Links): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(16 + links.list.length * 24);
  const utf8 = new TextEncoder();
  out.byte(STATE[links.state]);
  out.varint(links.list.length);
  let last = 0;
  for (const link of links.list) {
    const specifier = 'specifier' in link ? link.specifier : undefined;
    out.byte(KINDS.indexOf(link.kind) | (specifier === undefined ? 0 : HAS_SPECIFIER));
    out.varint(link.start - last);
    out.varint(link.end - link.start);
    if (specifier !== undefined) {
      const text = utf8.encode(specifier);
      out.varint(text.length);
      out.bytes(text);
    }
    last = link.end;
  }
  return out.done();
}

/**
 * @param size bytes of the blob: no link may lie outside
 * @throws ModcastError `links-invalid`
 */
export function decodeLinks(bytes: Uint8Array, size: number): Links {
  const fail = (expected: string, found: unknown): never => {
    throw new ModcastError('links-invalid', `links: expected ${expected}, found ${String(found)}`, {
      expected,
      found,
    });
  };
  const input = new ByteReader(bytes, 'links-invalid');
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  const stateByte = input.byte();
  if (stateByte > 1) fail('a state of 0 or 1', stateByte);
  const count = input.varint();
  if (count > bytes.length) fail('a count that fits the bytes', count);
  const list: Link[] = [];
  let last = 0;
  for (let i = 0; i < count; i++) {
    const head = input.byte();
    const kind = KINDS[head & 0xf];
    if (kind === undefined || (head & ~(HAS_SPECIFIER | 0xf)) !== 0) return fail('a kind of link', head);
    const start = last + input.varint();
    const end = start + input.varint();
    if (end > size) fail(`a link within ${size} bytes`, end);
    last = end;
    const specifier = (head & HAS_SPECIFIER) !== 0 ? utf8.decode(input.bytes(input.varint())) : undefined;
    if (kind === 'meta' || kind === 'source-url') {
      if (specifier !== undefined) fail(`${kind} without a specifier`, specifier);
      list.push({ kind, start, end });
    } else if (kind === 'static' || kind === 'source-map') {
      if (specifier === undefined) return fail(`a specifier for ${kind}`, undefined);
      list.push({ kind, start, end, specifier });
    } else {
      list.push(specifier === undefined ? { kind, start, end } : { kind, start, end, specifier });
    }
  }
  input.end();
  return stateByte === STATE.unparsed ? UNPARSED : { state: 'linked', list };
}
