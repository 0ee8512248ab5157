import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Matches } from './files.js';

const run = promisify(execFile);

async function git(directory: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', directory, ...args], {
    // Do not lock the index: the author may be running git too.
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout;
}

/**
 * The git commit of a directory whose files are all committed. Null otherwise: no git, no work tree, no
 * commit, or files that were changed or not added.
 *
 * @param matches selects the files that matter, by their paths in the directory
 */
export async function gitCommit(directory: string, matches: Matches): Promise<string | null> {
  try {
    const [commit = '', prefix = ''] = (await git(directory, 'rev-parse', 'HEAD', '--show-prefix')).split(
      '\n',
    );
    if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return null;
    const status = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--', '.'];
    const lines = (await git(directory, ...status)).split('\0').filter((line) => line !== '');
    // Each line: two letters, a space, and the path from the work tree's root.
    const dirty = lines.some((line) => matches(line.slice(3 + prefix.length)));
    return dirty ? null : commit;
  } catch {
    return null;
  }
}
