import type { SourceMapInput } from '@jridgewell/remapping';
import { originalPositionFor, TraceMap, type SourceMapInput as TraceInput } from '@jridgewell/trace-mapping';

/** A place in a text. Line and column count from 1, columns in UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where in the source a place in the code comes from. Undefined where the map does not say. */
export function originalPlace({ line, column }: Place, map: SourceMapInput | null): Place | undefined {
  if (map === null) return { line, column };
  const found = originalPositionFor(new TraceMap(map as TraceInput), { line, column: column - 1 });
  return found.line === null ? undefined : { line: found.line, column: found.column + 1 };
}

const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** Code with its source map, JSON, at the end. */
export function withInlineMap(code: string, map: string): string {
  const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
  return `${code}${code.endsWith('\n') ? '' : '\n'}//# sourceMappingURL=${url}\n`;
}

/** The source map at the end of code, as JSON. */
export function inlineMap(code: string): string | undefined {
  const encoded = INLINE_MAP.exec(code)?.[1];
  return encoded && Buffer.from(encoded, 'base64').toString();
}

/** The source of code whose map is in the code, and what a place in the code is there. */
export function writtenSource(
  code: string,
): { readonly text: string; readonly place: (place: Place) => Place | undefined } | undefined {
  const map = inlineMap(code);
  if (map === undefined) return undefined;
  try {
    const [text] = (JSON.parse(map) as { sourcesContent?: (string | null)[] }).sourcesContent ?? [];
    return typeof text === 'string' ? { text, place: (place) => originalPlace(place, map) } : undefined;
  } catch {
    // The author's own comment, of another kind.
    return undefined;
  }
}
