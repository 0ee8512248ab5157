import { byCodeUnit, type Manifest, type Path } from '../../schema/index.js';
import { isSelected } from './comparison.js';
import { splitLines } from './lines.js';
import { latin1, readBlob, textsOf, type BlobReader, type Texts } from './read-blob.js';

/** A line that matches. */
export interface MatchedLine {
  /** From 1. */
  readonly line: number;
  /** Without its line break. */
  readonly text: string;
}

/** A file with lines that match. */
export interface MatchedFile {
  readonly path: Path;
  /** Its lines are no text: they are only counted. */
  readonly binary: boolean;
  readonly encoding: Texts['encoding'];
  readonly lines: readonly MatchedLine[];
}

/**
 * Searches the lines of a manifest's files, in the order of their paths. Files are read one after the other,
 * so that the first result is there early.
 *
 * @param pattern without the flags g and y
 * @param paths only these files and directories; empty: all
 */
export async function* grep(
  store: BlobReader,
  { modules }: Manifest,
  pattern: RegExp,
  paths: readonly string[] = [],
): AsyncGenerator<MatchedFile> {
  const selected = [...modules].filter(([path]) => isSelected(path, paths));
  for (const [path, { hash }] of selected.toSorted(([a], [b]) => byCodeUnit(a, b))) {
    const bytes = await readBlob(store, hash);
    const read = textsOf(bytes);
    const { texts, encoding } = read ?? { texts: [latin1(bytes)], encoding: 'latin1' as const };
    const lines = splitLines(texts[0]!).flatMap((whole, index) => {
      const text = whole.replace(/\r?\n$/, '');
      return pattern.test(text) ? [{ line: index + 1, text }] : [];
    });
    if (lines.length > 0) yield { path, binary: read === undefined, encoding, lines };
  }
}
