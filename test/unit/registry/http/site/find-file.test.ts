import { mkdir, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFile } from '../../../../../registry/http/site/find-file.js';
import { site, temporary, write } from '../../site.js';

async function linked(files: Record<string, string>, links: Record<string, string>): Promise<string> {
  const root = await site(files);
  for (const [name, target] of Object.entries(links)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await symlink(target, path.join(root, name));
  }
  return root;
}

/** Where a path leads, from the root. */
async function found(root: string, name: string): Promise<string | undefined> {
  const file = await findFile(root, name);
  return typeof file === 'object' ? path.relative(root, file.file) : file;
}

describe('pnpm-links: a link into a store of packages or versions is followed', () => {
  it.each([
    ['pnpm', 'node_modules/greet', '.pnpm/greet@1.0.0/node_modules/greet'],
    ['a scoped package', 'node_modules/@a/greet', '../.pnpm/@a+greet@1.0.0/node_modules/@a/greet'],
    [
      'a workspace',
      'packages/app/node_modules/greet',
      '../../../node_modules/.pnpm/greet@1/node_modules/greet',
    ],
    ['another place of the store', 'vendor/greet', '../.pnpm/greet@1/node_modules/greet'],
    ['yarn', 'node_modules/greet', '.store/greet-npm-1.0.0-1a2b/package'],
    ['yarn, unplugged', 'node_modules/greet', '../.yarn/unplugged/greet/node_modules/greet'],
    ['bun', 'node_modules/greet', '.bun/greet@1.0.0/node_modules/greet'],
    ['deno', 'node_modules/greet', '.deno/greet@1.0.0/node_modules/greet'],
    ['vlt', 'node_modules/greet', '.vlt/··greet@1.0.0/node_modules/greet'],
    ['git-sync', 'current', '.worktrees/0a1b2c'],
    ['a volume of Kubernetes', 'config', '..data/config'],
  ])('%s', async (_, link, target) => {
    const real = path.join(path.dirname(link), target);
    const root = await linked(
      { [`${real}/index.js`]: '1', [`${real}/.npmrc`]: 'SECRET' },
      { [link]: target },
    );
    expect(await found(root, `${link}/index.js`)).toBe(`${real}/index.js`);
    expect(await found(root, link)).toBe('directory');
    // The store is not served by its own name, nor are dotfiles in it.
    expect(await found(root, `${real}/index.js`)).toBeUndefined();
    expect(await found(root, `${link}/.npmrc`)).toBeUndefined();
  });

  it('a link in a link, as from one package to its dependency', async () => {
    const store = 'node_modules/.pnpm';
    const root = await linked(
      { [`${store}/b@1/node_modules/b/index.js`]: '1', [`${store}/a@1/node_modules/a/index.js`]: '1' },
      {
        'node_modules/a': '.pnpm/a@1/node_modules/a',
        [`${store}/a@1/node_modules/b`]: '../../b@1/node_modules/b',
        a: 'node_modules/a',
        peers: 'node_modules/.pnpm/a@1/node_modules',
      },
    );
    expect(await found(root, 'a/index.js')).toBe(`${store}/a@1/node_modules/a/index.js`);
    expect(await found(root, 'peers/b/index.js')).toBe(`${store}/b@1/node_modules/b/index.js`);
  });
});

describe('a link does not make a dotfile servable', () => {
  it.each([
    ['a dotfile', '.env'],
    ['a file of git', '.git/config'],
    ['a dot directory', '.secrets/key.pem'],
    ['a dotfile in a directory', 'lib/.env'],
    ['a dotfile of a package', 'node_modules/.pnpm/greet@1/node_modules/greet/.npmrc'],
    ['a dotfile in node_modules', 'node_modules/.modules.yaml'],
    ['a dot directory of a package', 'node_modules/.pnpm/greet@1/node_modules/greet/.git/config'],
    ['a dotfile of a well-known name', '.well-known/.env'],
    ['a dotfile of a worktree', '.worktrees/0a1b/.git'],
    ['a dot directory below another', '.git/.pnpm/x'],
    ['a directory that is only like a store', '.pnpmfile/x'],
  ])('%s', async (_, secret) => {
    const root = await linked({ [secret]: 'SECRET' }, { 'x.js': secret, y: path.dirname(secret) });
    expect(await found(root, 'x.js')).toBeUndefined();
    expect(await found(root, `y/${path.basename(secret)}`)).toBeUndefined();
    expect(await found(root, secret)).toBeUndefined();
  });

  it('or a file outside the root', async () => {
    const parent = await temporary();
    await write(parent, { 'root/a.js': '1', 'root-2/x.js': '2', 'node_modules/.pnpm/x/index.js': '3' });
    const root = path.join(parent, 'root');
    await symlink('../root-2', path.join(root, 'out'));
    await symlink('../node_modules/.pnpm/x', path.join(root, 'store'));
    expect(await found(root, 'out/x.js')).toBeUndefined();
    expect(await found(root, 'store/index.js')).toBeUndefined();
    expect(await found(root, '../root-2/x.js')).toBeUndefined();
  });
});

it('files of .well-known at the root are served', async () => {
  const root = await linked(
    { '.well-known/assetlinks.json': '[]', 'acme/token': 'x', 'a/.well-known/x': '' },
    { '.well-known/acme-challenge': '../acme' },
  );
  expect(await found(root, '.well-known/assetlinks.json')).toBe('.well-known/assetlinks.json');
  expect(await found(root, '.well-known/acme-challenge/token')).toBe('acme/token');
  expect(await found(root, 'a/.well-known/x')).toBeUndefined();
});

it('a link whose name differs from its target only in case is another name', async () => {
  const root = await linked({ 'disk.mjs': '1', 'lib/a.mjs': '1' }, { 'Disk.mjs': 'disk.mjs', LIB: 'lib' });
  expect(await found(root, 'Disk.mjs')).toBe('disk.mjs');
  expect(await found(root, 'LIB/a.mjs')).toBe('lib/a.mjs');
  expect(await found(root, 'DISK.mjs')).toBeUndefined();
});

it('a link with a name like a short one of Windows is followed', async () => {
  const root = await linked({ 'a.js': '1' }, { 'a~1.js': 'a.js' });
  expect(await found(root, 'a~1.js')).toBe('a.js');
});

it('site-is-a-link-that-moves: a root that is a link is followed each time', async () => {
  const parent = await temporary();
  await write(parent, { 'r1/a.js': '1', 'r2/a.js': '2', 'r2/b.js': '2' });
  const root = path.join(parent, 'current');
  await symlink('r1', root);
  expect(await findFile(root, 'a.js')).toMatchObject({ file: path.join(parent, 'r1/a.js') });
  expect(await findFile(root, 'b.js')).toBeUndefined();
  await symlink('r2', path.join(parent, 'next'));
  await rename(path.join(parent, 'next'), root);
  expect(await findFile(root, 'a.js')).toMatchObject({ file: path.join(parent, 'r2/a.js') });
  expect(await findFile(root, 'b.js')).toMatchObject({ file: path.join(parent, 'r2/b.js') });
});
