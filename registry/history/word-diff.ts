import type { PatchLine } from './patch.js';
import { shortestEdit } from './shortest-edit.js';

/** As in git: words in brackets, words in colours, or a line for each run of words, for programs. */
export const WORD_DIFFS = ['plain', 'color', 'porcelain'] as const;
export type WordDiff = (typeof WORD_DIFFS)[number];

/** Text that has one colour. A line break is a piece of its own. */
export type WordPiece = Pick<PatchLine, 'kind' | 'text'>;

interface Style {
  readonly around: { readonly [kind in Kind]: readonly [prefix: string, suffix: string] };
  /** Stands for a line break. */
  readonly lineBreak: string;
}

type Kind = 'context' | 'added' | 'deleted';

const STYLES: { readonly [mode in WordDiff]: Style } = {
  plain: { around: { context: ['', ''], added: ['{+', '+}'], deleted: ['[-', '-]'] }, lineBreak: '\n' },
  color: { around: { context: ['', ''], added: ['', ''], deleted: ['', ''] }, lineBreak: '\n' },
  porcelain: {
    around: { context: [' ', '\n'], added: ['+', '\n'], deleted: ['-', '\n'] },
    lineBreak: '~\n',
  },
};

/** A word is what has no white space in it, by git's list of that. */
const WORD = /[^ \t\n\r]+/g;

interface Words {
  readonly ids: Int32Array;
  /** Index of the first character, and of the one after the last, of each word. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function wordsOf(text: string, numbers: Map<string, number>): Words {
  const words = [...text.matchAll(WORD)];
  return {
    ids: Int32Array.from(words, ([word]) => {
      const known = numbers.get(word) ?? numbers.size;
      numbers.set(word, known);
      return known;
    }),
    starts: words.map(({ index }) => index),
    ends: words.map(({ index, 0: word }) => index + word.length),
  };
}

function* piecesOf(kind: Kind, text: string, { around, lineBreak }: Style): Generator<WordPiece> {
  const [prefix, suffix] = around[kind];
  for (const [n, line] of text.split('\n').entries()) {
    if (n > 0) yield { kind: 'context', text: lineBreak };
    if (line !== '') yield { kind, text: `${prefix}${line}${suffix}` };
  }
}

/**
 * Deleted and added lines that follow each other. White space between unchanged words is that of the new
 * side.
 */
function* changedWords(deleted: string, added: string, style: Style): Generator<WordPiece> {
  if (added === '') {
    yield* piecesOf('deleted', deleted, style);
    return;
  }
  const numbers = new Map<string, number>();
  const [a, b] = [wordsOf(deleted, numbers), wordsOf(added, numbers)];
  const changed = shortestEdit(a.ids, b.ids);
  let shown = 0;
  let [i, j] = [0, 0];
  while (i < a.ids.length || j < b.ids.length) {
    const [i0, j0] = [i, j];
    while (changed.before[i] === 1) i++;
    while (changed.after[j] === 1) j++;
    if (i > i0 || j > j0) {
      // Nothing is added: right after the word before.
      const start = j > j0 ? b.starts[j0]! : j === 0 ? 0 : b.ends[j - 1]!;
      yield* piecesOf('context', added.slice(shown, start), style);
      if (i > i0) yield* piecesOf('deleted', deleted.slice(a.starts[i0], a.ends[i - 1]), style);
      shown = j > j0 ? b.ends[j - 1]! : start;
      if (j > j0) yield* piecesOf('added', added.slice(start, shown), style);
    }
    i++;
    j++;
  }
  yield* piecesOf('context', added.slice(shown), style);
}

/** The pieces of a patch as `git diff --word-diff` shows it. */
export function* wordDiff(lines: readonly PatchLine[], mode: WordDiff): Generator<WordPiece> {
  const style = STYLES[mode];
  let deleted = '';
  let added = '';
  function* flush(): Generator<WordPiece> {
    if (deleted !== '' || added !== '') yield* changedWords(deleted, added, style);
    [deleted, added] = ['', ''];
  }
  for (const { kind, text } of lines) {
    // "\ No newline at end of file"
    if (kind !== 'header' && text.startsWith('\\')) continue;
    if (kind === 'deleted') deleted += `${text.slice(1)}\n`;
    else if (kind === 'added') added += `${text.slice(1)}\n`;
    else {
      yield* flush();
      yield { kind, text: kind === 'context' && mode !== 'porcelain' ? text.slice(1) : text };
      yield { kind: 'context', text: kind === 'context' && mode === 'porcelain' ? '\n~\n' : '\n' };
    }
  }
  yield* flush();
}
