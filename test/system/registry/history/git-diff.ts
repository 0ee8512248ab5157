import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Change } from '../../../../registry/history/comparison.js';
import { makePatch, type PatchLine, type PatchOptions } from '../../../../registry/history/patch.js';

const ENV = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };

/** The hunks of a patch of one file. Its header names the file. */
export const hunksOf = (patch: string): string => {
  const at = patch.search(/^@@ /m);
  return at === -1 ? '' : patch.slice(at);
};

/** The hunks that `git diff` shows between two texts, without colours. */
export function gitHunks(before: string, after: string, ...options: string[]): string {
  const cwd = mkdtempSync(path.join(tmpdir(), 'modcast-git-diff-'));
  try {
    writeFileSync(path.join(cwd, 'a'), before);
    writeFileSync(path.join(cwd, 'b'), after);
    const args = ['diff', '--no-index', ...options, 'a', 'b'];
    const { stdout } = spawnSync('git', args, { cwd, encoding: 'utf8', env: ENV });
    return hunksOf(stripVTControlCharacters(stdout));
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Our patch between the same texts. */
export function patchLines(before: string, after: string, options: PatchOptions = {}): readonly PatchLine[] {
  const module = (digit: string) => ({ hash: digit.repeat(64), size: 1, type: 'text/javascript' });
  const change: Change = {
    status: 'modified',
    path: 'a.mjs',
    oldPath: null,
    before: module('a'),
    after: module('b'),
    similarity: null,
  };
  return makePatch(change, Buffer.from(before), Buffer.from(after), options).lines;
}
