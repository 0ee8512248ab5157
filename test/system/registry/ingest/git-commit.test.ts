import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FILTER, compileFilter } from '../../../../registry/ingest/files.js';
import { gitCommit } from '../../../../registry/ingest/git-commit.js';
import { site, write } from '../../../unit/registry/site.js';

describe('the git commit of a directory', () => {
  const git = (directory: string, ...args: string[]): string =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  const commitOf = (directory: string) => gitCommit(directory, compileFilter(DEFAULT_FILTER));

  it('is known while what is published is what the commit has', async () => {
    const root = await site({ 'public/a b.mjs': '1', 'other/x.mjs': '1' });
    const directory = path.join(root, 'public');
    expect(await commitOf(directory)).toBeNull();
    git(root, 'init', '-q');
    expect(await commitOf(directory)).toBeNull();
    git(root, 'add', '-A');
    git(root, 'commit', '-qm', 'x');
    const head = git(root, 'rev-parse', 'HEAD').trim();
    expect(await commitOf(directory)).toBe(head);
    await write(root, { 'other/x.mjs': '2', 'public/notes.txt': 'x', 'public/.modcast/registry.db': 'x' });
    expect(await commitOf(directory)).toBe(head);
    await write(root, { 'public/new.mjs': '1' });
    expect(await commitOf(directory)).toBeNull();
    git(root, 'add', '-A');
    expect(await commitOf(directory)).toBeNull();
    git(root, 'commit', '-qm', 'y');
    expect(await commitOf(directory)).toBe(git(root, 'rev-parse', 'HEAD').trim());
    await write(root, { 'public/a b.mjs': '3' });
    expect(await commitOf(directory)).toBeNull();
  });
});
