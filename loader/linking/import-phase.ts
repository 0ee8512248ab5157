import type { Links } from '../../schema/links.js';

/** Bytes before a specifier that hold `import source name from`. */
const BEFORE = 96;

const PHASE = /\bimport\s+(?:source|defer)\s+(?:\*\s*as\s+)?[^\s{}*,'"]+\s+from\s*$/;

/** Whether a module has a declaration `import source` or `import defer`. Not every engine parses these. */
export const hasImportPhase = (bytes: Uint8Array, { list }: Links): boolean =>
  list.some(({ kind, start }) => kind === 'static' && !isPlain(bytes, start) && isPhase(bytes, start));

/** Whether `}` and `from` precede the specifier, as in most imports: a fast answer. */
function isPlain(bytes: Uint8Array, start: number): boolean {
  let at = start - 1;
  while (bytes[at] === 0x20) at--;
  at -= 'from'.length;
  while (bytes[at] === 0x20) at--;
  return bytes[at] === 0x7d;
}

const isPhase = (bytes: Uint8Array, start: number): boolean =>
  PHASE.test(String.fromCharCode(...bytes.subarray(Math.max(0, start - BEFORE), start)));
