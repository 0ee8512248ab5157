import { ModcastError, type Hash, type Path } from '../../schema/index.js';
import type { Deploy, Store } from '../store/store.js';
import { latin1, readBlob, textOf } from './read-blob.js';
import { matchLines, splitLines } from './lines.js';
import { pathUnknownAt } from './path-unknown.js';
import { moduleVersions } from './versions.js';

export interface BlamedLine {
  /** From 1. */
  readonly line: number;
  /** Including the line break, if any. */
  readonly text: string;
  /** The deploy that added the line. */
  readonly deploy: number;
  /** The module's path at that deploy. */
  readonly path: Path;
}

/** Lines as bytes, for comparing. Undefined for a binary module. */
async function bytesOfLines(store: Store, hash: Hash): Promise<string[] | undefined> {
  const bytes = await readBlob(store, hash);
  return textOf(bytes) === undefined ? undefined : splitLines(latin1(bytes));
}

async function linesOf(store: Store, hash: Hash, path: Path): Promise<string[]> {
  const text = textOf(await readBlob(store, hash));
  if (text !== undefined) return splitLines(text);
  throw new ModcastError('option-invalid', `${path} is not text: there are no lines to blame`, {
    expected: 'text',
    found: path,
  });
}

/**
 * Finds the deploy that last changed each line of a module. Follows a module that was moved, also when it was
 * edited in the same deploy.
 *
 * @param ignoreSpace a change of white space does not change a line, as with git's -w
 * @throws ModcastError `path-unknown`: the deploy has no such module; `option-invalid`: it is not text
 */
export async function blame(
  store: Store,
  deploy: Deploy,
  path: Path,
  { ignoreSpace = false }: { readonly ignoreSpace?: boolean | undefined } = {},
): Promise<BlamedLine[]> {
  let result: BlamedLine[] | undefined;
  /** For each line of the current version, the index of its line in the result; -1 for none. */
  let became: number[] = [];
  let lines: string[] = [];
  for await (const version of moduleVersions(store, deploy.channel, path, deploy.number, true)) {
    if (result === undefined) {
      if (version.to !== null) break;
      const texts = await linesOf(store, version.hash, path);
      lines = (await bytesOfLines(store, version.hash))!;
      became = lines.map((_, index) => index);
      result = texts.map((text, index) => ({ line: index + 1, text, deploy: version.from, path }));
    }
    for (const index of became) {
      if (index !== -1) result[index] = { ...result[index]!, deploy: version.from, path: version.path };
    }
    if (version.previous === null) return result;
    if (version.previous.hash === version.hash) continue;
    // The version before may be binary: then every line is new.
    const before = await bytesOfLines(store, version.previous.hash);
    if (before === undefined) return result;
    const next = Array<number>(before.length).fill(-1);
    for (const match of matchLines(before, lines, ignoreSpace)) {
      for (let n = 0; n < match.length; n++) next[match.before + n] = became[match.after + n]!;
    }
    became = next;
    lines = before;
    if (became.every((index) => index === -1)) return result;
  }
  if (result !== undefined) return result;
  throw await pathUnknownAt(store, deploy, path);
}
