import { mkdir, symlink } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_FILTER,
  compileDescend,
  compileFilter,
  isInside,
  linkProblem,
  openDirectory,
  walk,
} from '../../../../registry/ingest/files.js';
import { site, temporary, write } from '../site.js';

const walked = async (root: string, filter = DEFAULT_FILTER) => {
  const { files, skipped } = await walk(root, filter);
  return { files: files.toSorted(), skipped: skipped.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
};

describe('the default filter', () => {
  const matches = compileFilter(DEFAULT_FILTER);
  it.each([
    'a.js',
    'a.mjs',
    'a/b/c.json',
    'a.css',
    'index.html',
    'a b.js',
    '日本.js',
    '.well-known/a.json',
    'a.ts',
    'a.mts',
    'a.tsx',
    'a.jsx',
  ])('keeps %s', (name) => expect(matches(name)).toBe(true));
  it.each([
    'a.cts',
    'a.svg',
    'a',
    '.a.js',
    '.git/a.js',
    'a/.b/c.js',
    '.well-known/.a.js',
    'a/.well-known/b.js',
    'node_modules/a.js',
    'a/node_modules/b/c.js',
    'a.js.map',
  ])('leaves %s', (name) => expect(matches(name)).toBe(false));
  it('does not enter directories that cannot have matching files', () => {
    const descend = compileDescend(DEFAULT_FILTER);
    expect(['a', 'a/b', 'node', 'node_modules', 'a/node_modules', '.git', 'a/.b'].map(descend)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

it('takes other globs, but never a dotfile', async () => {
  const root = await site({ 'a.ts': '', 'b.js': '', 'old/c.ts': '', '.d.ts': '', 'node_modules/e.ts': '' });
  expect(await walked(root, { include: ['**/*.ts', '**/.*'], exclude: ['old/**'] })).toEqual({
    files: ['a.ts', 'node_modules/e.ts'],
    skipped: [],
  });
  expect((await walked(root, { include: [], exclude: [] })).files).toEqual([]);
});

it.each([
  ['/a', '/a', true],
  ['/a', '/a/b', true],
  ['/a', '/ab', false],
  ['/a', '/', false],
  ['/a', '/b/a', false],
  ['/a', '/a/..b', true],
  ['/', '/a', true],
])('isInside(%s, %s) is %s', (root, file, inside) => expect(isInside(root, file)).toBe(inside));

it('says why a link is not followed', () => {
  expect(linkProblem('/a', '/a/b/c')).toBeUndefined();
  expect(linkProblem('/a', '/ab')).toMatch('outside the directory');
  expect(linkProblem('/a', '/a/b/.c/d')).toMatch('dotfile');
  expect(linkProblem('/a', '/a/.git/config')).toMatch('dotfile');
  // The root itself may be in a dot directory.
  expect(linkProblem('/x/.a', '/x/.a/b')).toBeUndefined();
});

describe('walk', () => {
  it('follows links inside the root, and lists the others with reasons', async () => {
    const parent = await temporary();
    await write(parent, {
      'root/a.js': '',
      'root/d/b.js': '',
      'root/.secret.js': '',
      'root/.hidden/c.js': '',
      'root-secret/x.js': '',
    });
    const root = path.join(parent, 'root');
    const links = {
      'l.js': 'a.js',
      e: 'd',
      'out.js': '../root-secret/x.js',
      out: '../root-secret',
      'gone.js': 'nothing',
      'self.js': 'self.js',
      'secret.js': '.secret.js',
      hidden: '.hidden',
      'null.js': '/dev/null',
    };
    for (const [name, target] of Object.entries(links)) await symlink(target, path.join(root, name));
    execFileSync('mkfifo', [path.join(root, 'fifo.js')]);
    await mkdir(path.join(root, 'dir.js'));
    expect(await walked(root)).toEqual({
      files: ['a.js', 'd/b.js', 'e/b.js', 'l.js'],
      skipped: [
        { path: 'fifo.js', reason: 'it is not a regular file' },
        { path: 'gone.js', reason: 'it is a broken link' },
        { path: 'null.js', reason: 'it is a link to a place outside the directory' },
        { path: 'out.js', reason: 'it is a link to a place outside the directory' },
        { path: 'secret.js', reason: 'it is a link to a dotfile' },
        { path: 'self.js', reason: 'its symbolic links form a cycle (ELOOP)' },
      ],
    });
  });

  it('ends in cycles of links, and does not enter a directory from inside itself', async () => {
    const root = await site({ 'a/x.js': '', 'b/sub/y.js': '' });
    await symlink('..', path.join(root, 'a/up'));
    await symlink('../b', path.join(root, 'a/other'));
    await symlink('../a', path.join(root, 'b/other'));
    await symlink('../sub', path.join(root, 'b/sub/again'));
    expect((await walked(root)).files).toEqual(['a/other/sub/y.js', 'a/x.js', 'b/other/x.js', 'b/sub/y.js']);
  });

  it('leaves out names that cannot be paths', async () => {
    const root = await site({ 'e\u0301.js': '', '\u00e9.js': '', 'a\\b.js': '', 'a\nb.js': '' });
    const { files, skipped } = await walked(root);
    expect(files).toEqual(['a\\b.js', '\u00e9.js']);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'it has a control character',
      'it is not in Unicode normal form C',
    ]);
  });
});

it('opens a directory by its real path, and refuses anything else', async () => {
  const root = await site({ 'd/a.js': '' });
  await symlink('d', path.join(root, 'l'));
  expect(await openDirectory(path.join(root, 'l'))).toBe(path.join(root, 'd'));
  for (const name of ['nothing', 'd/a.js', 'd/a.js/x']) {
    await expect(openDirectory(path.join(root, name))).rejects.toMatchObject({ code: 'directory-invalid' });
  }
});
