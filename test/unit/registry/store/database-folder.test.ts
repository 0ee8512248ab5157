import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeDatabaseFolder } from '../../../../registry/store/database-folder.js';
import { modcast } from '../../cli/program.js';
import { createRegistry } from '../../../../registry/index.js';
import { site } from '../site.js';
import { temporaryDirectory } from './temporary.js';

const inDirectory = temporaryDirectory();

test("a site's own folder is kept out of git when it is made", async () => {
  const folder = path.join(inDirectory(), 'site', '.modcast');
  await makeDatabaseFolder(path.join(folder, 'registry.db'));
  expect(await readFile(path.join(folder, '.gitignore'), 'utf8')).toMatch(/^# .+\n\*\n$/);
});

test('an existing folder, or one with another name, is not changed', async () => {
  const folder = path.join(inDirectory(), '.modcast');
  await mkdir(folder);
  await makeDatabaseFolder(path.join(folder, 'registry.db'));
  expect(await readdir(folder)).toEqual([]);
  const other = path.join(inDirectory(), 'other', 'place');
  await makeDatabaseFolder(path.join(other, 'registry.db'));
  expect(await readdir(other)).toEqual([]);
});

test('serving and publishing create the same folder', async () => {
  const served = await site({ 'main.mjs': '' });
  const registry = createRegistry({ directory: served, watch: false });
  await registry.ready;
  await registry.close();
  const published = await site({ 'main.mjs': '' });
  expect((await modcast(published, ['publish', '.'])).code).toBe(0);
  for (const directory of [served, published]) {
    expect(await readdir(path.join(directory, '.modcast'))).toContain('.gitignore');
  }
});
