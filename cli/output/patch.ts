import type { Hash } from '../../schema/index.js';
import {
  makePatch,
  readBlob,
  type BlobReader,
  type Change,
  type Patch,
} from '../../registry/history/index.js';
import type { Io } from '../io.js';

/** The patch of a change between two stores, which may be the same one. */
export async function readPatch(
  change: Change,
  before: BlobReader,
  after: BlobReader,
  context?: number,
): Promise<Patch> {
  // A pure rename has a header and no lines.
  if (change.before?.hash === change.after?.hash) return makePatch(change, EMPTY, EMPTY, context);
  const read = (store: BlobReader, module: { hash: Hash } | null) =>
    module === null ? EMPTY : readBlob(store, module.hash);
  return makePatch(change, await read(before, change.before), await read(after, change.after), context);
}

const EMPTY = new Uint8Array();

/** Text for `patch -p1`. */
export const patchText = ({ lines }: Patch): string => lines.map(({ text }) => `${text}\n`).join('');

/** A patch in git's colours. Without colours it is text for `patch -p1`. */
export function formatPatch(io: Io, { lines }: Patch): string {
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
  return text;
}
