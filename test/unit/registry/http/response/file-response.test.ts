import { rm, stat, symlink, truncate, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileResponse } from '../../../../../registry/http/response/file-response.js';
import { findFile, type FoundFile } from '../../../../../registry/http/site/find-file.js';
import { serve, site, temporary, write } from '../../site.js';

const TEXT = '0123456789';

async function found(content: string | Uint8Array = TEXT): Promise<FoundFile> {
  const directory = await site({ 'a.txt': content });
  const file = await findFile(directory, 'a.txt');
  if (file === undefined || file === 'directory') throw new Error('not found');
  return file;
}

const ask = (file: FoundFile, headers: Record<string, string> = {}, method = 'GET') =>
  fileResponse(new Request('http://localhost/a.txt', { method, headers }), file, new Headers());

describe('findFile', () => {
  it('finds files and directories below the root, also through links inside it', async () => {
    const root = await site({ 'a/b.txt': 'x' });
    await symlink('a', path.join(root, 'c'));
    expect(await findFile(root, 'a')).toBe('directory');
    expect(await findFile(root, 'c/b.txt')).toMatchObject({ file: path.join(root, 'a/b.txt'), size: 1 });
  });

  it('finds no dotfiles, no special files, nothing outside of the root, and survives link cycles', async () => {
    const outside = await temporary();
    await write(outside, { x: 'secret' });
    const root = await site({ '.env': 'secret', '.d/x': 'secret' });
    await symlink(outside, path.join(root, 'out'));
    await symlink('/dev/zero', path.join(root, 'zero'));
    await symlink('.env', path.join(root, 'env'));
    await symlink('.d', path.join(root, 'd'));
    await symlink('loop', path.join(root, 'loop'));
    for (const name of [
      'out',
      'out/x',
      'zero',
      'env',
      'd/x',
      'loop',
      'loop/x',
      'nothing',
      '.env',
      'a\0b',
      '../x',
    ]) {
      expect(await findFile(root, name), name).toBeUndefined();
    }
  });

  it('does not mistake a directory next to the root for one in it', async () => {
    const parent = await temporary();
    await write(parent, { 'root/a': '', 'root-secret/x': 'secret' });
    await symlink('../root-secret/x', path.join(parent, 'root/x'));
    expect(await findFile(path.join(parent, 'root'), 'x')).toBeUndefined();
    expect(await findFile(path.join(parent, 'root'), '../root-secret/x')).toBeUndefined();
  });
});

describe('a file response', () => {
  it('is the whole file, a range, or 416', async () => {
    const file = await found();
    const whole = (await ask(file))!;
    expect([whole.status, await whole.text(), whole.headers.get('Accept-Ranges')]).toEqual([
      200,
      TEXT,
      'bytes',
    ]);
    const part = (await ask(file, { Range: 'bytes=2-4' }))!;
    expect([
      part.status,
      await part.text(),
      part.headers.get('Content-Range'),
      part.headers.get('Content-Length'),
    ]).toEqual([206, '234', 'bytes 2-4/10', '3']);
    const none = (await ask(file, { Range: 'bytes=10-' }))!;
    expect([none.status, none.headers.get('Content-Range')]).toEqual([416, 'bytes */10']);
    const since = (await ask(file, { Range: 'bytes=2-4', 'If-Range': file.etag }))!;
    expect([since.status, await since.text()]).toEqual([200, TEXT]);
  });

  it('to HEAD has the full length and no body', async () => {
    const file = await found();
    const head = (await ask(file, { Range: 'bytes=2-4' }, 'HEAD'))!;
    expect([head.status, head.headers.get('Content-Length'), await head.text()]).toEqual([200, '10', '']);
  });

  it('is a 304 if the client has the file', async () => {
    const file = await found();
    const fresh = async (headers: Record<string, string>) => (await ask(file, headers))!.status === 304;
    const time = file.modified.toUTCString();
    const before = new Date(file.modified.getTime() - 60_000).toUTCString();
    expect(await fresh({ 'If-None-Match': file.etag })).toBe(true);
    expect(await fresh({ 'If-None-Match': `"x", ${file.etag.slice(2)}` })).toBe(true);
    expect(await fresh({ 'If-None-Match': '*' })).toBe(true);
    expect(await fresh({ 'If-None-Match': '"x"' })).toBe(false);
    expect(await fresh({ 'If-Modified-Since': time })).toBe(true);
    expect(await fresh({ 'If-Modified-Since': before })).toBe(false);
    expect(await fresh({ 'If-Modified-Since': 'yesterday' })).toBe(false);
    expect(await fresh({ 'If-None-Match': '"x"', 'If-Modified-Since': time })).toBe(false);
  });

  it('has another validator if size or time differ', async () => {
    const directory = await site({ 'a.txt': 'a' });
    const tag = async () => ((await findFile(directory, 'a.txt')) as FoundFile).etag;
    const first = await tag();
    await utimes(path.join(directory, 'a.txt'), 1, 1);
    const second = await tag();
    await write(directory, { 'a.txt': 'ab' });
    await utimes(path.join(directory, 'a.txt'), 1, 1);
    expect(new Set([first, second, await tag()]).size).toBe(3);
  });

  it('is empty for an empty file', async () => {
    const response = (await ask(await found('')))!;
    expect([response.status, response.headers.get('Content-Length'), await response.text()]).toEqual([
      200,
      '0',
      '',
    ]);
  });

  it('is null if the file was deleted since it was found', async () => {
    const file = await found();
    await unlink(file.file);
    expect(await ask(file)).toBeNull();
    await rm(path.dirname(file.file), { recursive: true });
    expect(await ask(file)).toBeNull();
  });

  it('fails if the file became shorter, and ends at the old length if it became longer', async () => {
    const file = await found();
    await truncate(file.file, 4);
    await expect((await ask(file))!.text()).rejects.toThrow('was truncated');
    await write(path.dirname(file.file), { 'a.txt': `${TEXT}more` });
    expect(await (await ask(file))!.text()).toBe(TEXT);
  });
});

it('serves names with any characters, as in the file system', async () => {
  const { url, directory } = await serve({ 'caf\u00e9/\u65e5 \u672c+&=.txt': 'nfc', 'e\u0301.txt': 'nfd' });
  expect(await (await fetch(`${url}caf%C3%A9/%E6%97%A5%20%E6%9C%AC+&=.txt`)).text()).toBe('nfc');
  expect(await (await fetch(`${url}e%CC%81.txt`)).text()).toBe('nfd');
  expect((await fetch(`${url}%C3%A9.txt`)).status).toBe(404);
  await write(directory, { 'dir.txt/index.html': '' });
  expect((await fetch(`${url}dir.txt`, { redirect: 'manual' })).status).toBe(308);
  expect((await stat(directory)).isDirectory()).toBe(true);
});
