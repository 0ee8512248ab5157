import type { Hash } from '../../schema/index.js';
import {
  makePatch,
  readBlob,
  WORD_DIFFS,
  wordDiff,
  type BlobReader,
  type Change,
  type Patch,
  type PatchOptions,
  type WordDiff,
} from '../../registry/history/index.js';
import { Option, type Command } from 'commander';
import pc from 'picocolors';
import type { Io } from '../io.js';

/** Adds `--binary`, for `readPatch`. */
export const binaryOption = (command: Command): Command =>
  command.option('--binary', 'patches with the bytes of binary files, for git apply');

/** The patch of a change between two stores, which may be the same one. */
export async function readPatch(
  change: Change,
  before: BlobReader,
  after: BlobReader,
  options: PatchOptions = {},
): Promise<Patch> {
  // A pure rename has a header and no lines.
  if (change.before?.hash === change.after?.hash) return makePatch(change, EMPTY, EMPTY, options);
  const read = (store: BlobReader, module: { hash: Hash } | null) =>
    module === null ? EMPTY : readBlob(store, module.hash);
  return makePatch(change, await read(before, change.before), await read(after, change.after), options);
}

/** Patches with only their counts: all lines of a large comparison need not fit the memory. */
export async function readCounts(
  changes: readonly Change[],
  before: BlobReader,
  after: BlobReader,
  options: PatchOptions = {},
): Promise<Patch[]> {
  const patches: Patch[] = [];
  for (const change of changes)
    patches.push({ ...(await readPatch(change, before, after, options)), lines: [] });
  return patches;
}

const EMPTY = new Uint8Array();

/** A patch as `--json` shows it: `patch -p1` takes the text in the given encoding. */
export const patchJson = ({ lines, encoding }: Patch) => ({
  patch: lines.map(({ text }) => `${text}\n`).join(''),
  encoding,
});

/** What a patch is shown as. */
export interface PatchStyle {
  readonly wordDiff?: WordDiff;
}

/** Adds `--word-diff`, for `formatPatch`. */
export const wordDiffOption = (command: Command): Command =>
  command.addOption(
    new Option(
      '--word-diff [mode]',
      'show changed words, [-old-]{+new+} (the default), in colour, or for programs',
    ).choices(WORD_DIFFS),
  );

/** A patch in git's colours. Without colours it is the input for `patch -p1`, unless it shows words. */
export function formatPatch(io: Io, { lines, encoding }: Patch, style: PatchStyle = {}): string | Uint8Array {
  // As in git, this mode has colours in a pipe too: nothing else marks the words.
  const colours = style.wordDiff === 'color' ? pc.createColors(true) : io.colours;
  const { bold, cyan, red, green } = colours;
  const paintHunk = (line: string): string => {
    const end = line.indexOf('@@', 2) + 2;
    return cyan(line.slice(0, end)) + line.slice(end);
  };
  let text = '';
  if (style.wordDiff !== undefined) {
    const paint = {
      header: bold,
      hunk: paintHunk,
      deleted: red,
      added: green,
      context: (piece: string) => piece,
    };
    for (const piece of wordDiff(lines, style.wordDiff)) text += paint[piece.kind](piece.text);
    return encoding === 'utf8' ? text : Buffer.from(text, encoding);
  }
  for (const line of lines) {
    if (line.kind === 'header') text += bold(line.text);
    else if (line.kind === 'added') text += green(line.text);
    else if (line.kind === 'deleted') text += red(line.text);
    else if (line.kind === 'context') text += line.text;
    else text += paintHunk(line.text);
    text += '\n';
  }
  // Every header is ASCII, so only the lines decide about the encoding.
  return encoding === 'utf8' ? text : Buffer.from(text, encoding);
}
