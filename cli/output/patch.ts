import type { Hash } from '../../schema/index.js';
import {
  makePatch,
  readBlob,
  type BlobReader,
  type Change,
  type Patch,
  type PatchOptions,
} from '../../registry/history/index.js';
import type { Command } from 'commander';
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

/** A patch in git's colours. Without colours it is the input for `patch -p1`. */
export function formatPatch(io: Io, { lines, encoding }: Patch): string | Uint8Array {
  const { bold, cyan, red, green } = io.colours;
  let text = '';
  for (const line of lines) {
    if (line.kind === 'header') text += bold(line.text);
    else if (line.kind === 'added') text += green(line.text);
    else if (line.kind === 'deleted') text += red(line.text);
    else if (line.kind === 'context') text += line.text;
    else {
      const end = line.text.indexOf('@@', 2) + 2;
      text += cyan(line.text.slice(0, end)) + line.text.slice(end);
    }
    text += '\n';
  }
  // Every header is ASCII, so only the lines decide about the encoding.
  return encoding === 'utf8' ? text : Buffer.from(text, encoding);
}
