import { originalPlace, type SourceMap } from '../../page/run-positions.js';

/** A source as its author wrote it. */
export interface WrittenSource {
  readonly text: string;
  /** Where a place in the code comes from. Line and column count from 1. */
  place(line: number, column: number): { readonly line: number; readonly column: number } | undefined;
}

const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** The source of code that a transform of the server has made: its map is in the code. */
export function writtenSource(code: string): WrittenSource | undefined {
  const encoded = INLINE_MAP.exec(code)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    const map = JSON.parse(new TextDecoder().decode(bytes)) as SourceMap & { sourcesContent?: string[] };
    const [text] = map.sourcesContent ?? [];
    if (text === undefined) return undefined;
    return {
      text,
      place(line, column) {
        const [, row, at] = /:(\d+):(\d+)$/.exec(originalPlace(map, line, column) ?? '') ?? [];
        return row === undefined ? undefined : { line: Number(row), column: Number(at) };
      },
    };
  } catch {
    // The author's own map, of another kind.
    return undefined;
  }
}
