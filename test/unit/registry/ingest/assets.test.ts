import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Assets } from '../../../../registry/ingest/assets.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { site } from '../site.js';

async function assets(files: Record<string, string>) {
  const directory = await site(files);
  const all = new Assets(directory, DEFAULT_FILTER);
  const { read } = await all.start();
  await read;
  return {
    directory,
    all,
    write: (name: string, text: string) => writeFile(path.join(directory, name), text),
  };
}

it('a file that is saved without a change has not changed, also the first time', async () => {
  const { all, write } = await assets({ 'a.svg': '1' });
  await write('a.svg', '1');
  expect(all.changed(['a.svg'])).toEqual([]);
  await write('a.svg', '2');
  expect(all.changed(['a.svg'])).toEqual(['a.svg']);
  expect(all.changed(['a.svg'])).toEqual([]);
});

it('a new file counts as changed; deleted files, modules and dotfiles do not', async () => {
  const { directory, all, write } = await assets({ 'a.svg': '1', 'm.mjs': '1' });
  await write('b.svg', '1');
  await write('m.mjs', '2');
  await write('.c.svg', '1');
  await rm(path.join(directory, 'a.svg'));
  expect(all.changed(['a.svg', 'b.svg', 'm.mjs', '.c.svg'])).toEqual(['b.svg']);
});

it('lists when files changed last, also by a rename, and ignores saves without a change', async () => {
  const { directory, all, write } = await assets({ 'a.svg': '1', 'b.svg': '1', 'old.svg': '2' });
  await utimes(path.join(directory, 'old.svg'), 1, 1);
  const before = new Map(all.recent().map((one) => [one.path, one.time]));
  await write('a.svg', '1');
  await rename(path.join(directory, 'old.svg'), path.join(directory, 'b.svg'));
  all.changed(['a.svg', 'b.svg']);
  const after = new Map(all.recent().map((one) => [one.path, one.time]));
  expect(after.get('a.svg')).toBe(before.get('a.svg'));
  expect(after.get('b.svg')).toBeGreaterThanOrEqual(before.get('b.svg')!);
  expect(all.recent()[0]!.path).toBe('b.svg');

  // Another run of the server gets it from the file system.
  const later = new Assets(directory, DEFAULT_FILTER);
  await later.start();
  const { time } = later.recent().find((one) => one.path === 'b.svg')!;
  expect(time).toBeGreaterThan(1000);
  expect(time).toBeLessThanOrEqual(Date.now());
});

it('temporary files of editors are not assets', async () => {
  const { all, write } = await assets({});
  const left = ['main.mjs~', 'a.mjs.tmp', 'x.swp', 'a.mjs___jb_tmp___', '#a.mjs#', '4913', 'a.bak'];
  for (const name of left) await write(name, '1');
  expect(all.changed(left)).toEqual([]);
});
