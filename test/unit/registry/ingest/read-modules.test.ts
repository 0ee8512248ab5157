import path from 'node:path';
import { expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { readModules, type ReadBatch, type ReadOptions } from '../../../../registry/ingest/read-modules.js';
import { site } from '../site.js';

async function batches(directory: string, files: string[], options?: ReadOptions): Promise<ReadBatch[]> {
  const found: ReadBatch[] = [];
  for await (const batch of readModules(directory, files, options)) found.push(batch);
  return found;
}

/** A file with so many MiB, of which none exist on the disk. */
const large = (mebibytes: number) => () => ({
  bytes: Buffer.alloc(mebibytes * 1024 * 1024, 32),
  hash: '0'.repeat(64),
  stat: null,
});

it('reads files in the order of the list, with their links and problems', async () => {
  const texts = { 'a.mjs': 'import "./b.mjs";', 'b.mjs': 'let x = ;\n', 'c.css': '', 'd.json': '{' };
  const directory = await site(texts);
  const [batch] = await batches(directory, ['d.json', 'a.mjs', 'c.css', 'b.mjs']);
  expect(batch!.modules.map((module) => module.path)).toEqual(['d.json', 'a.mjs', 'c.css', 'b.mjs']);
  const [json, good, css, bad] = batch!.modules;
  expect(good).toMatchObject({ hash: blake3(Buffer.from(texts['a.mjs'])), problem: undefined });
  expect(good!.links).toMatchObject({ state: 'linked' });
  expect([json!.links, css!.links]).toEqual([null, null]);
  expect(json!.problem).toMatchObject({ path: 'd.json', kind: 'syntax', severity: 'error', line: 1 });
  expect(bad!.links).toMatchObject({ state: 'unparsed' });
  expect(bad!.problem).toMatchObject({ path: 'b.mjs', line: 1, column: 9 });
  expect(bad!.problem!.frame).toContain('let x = ;');
});

it('reports a file that cannot be read, and reads the others', async () => {
  const directory = await site({ 'a.mjs': '1', 'c.mjs': '2' });
  const [batch] = await batches(directory, ['a.mjs', 'b.mjs', 'c.mjs']);
  expect(batch!.modules.map((module) => module.path)).toEqual(['a.mjs', 'c.mjs']);
  expect(batch!.failed).toEqual([
    { path: 'b.mjs', error: expect.objectContaining({ code: 'ENOENT' }) as Error },
  ]);
});

it('leaves out the files that the caller does not open', async () => {
  const directory = await site({});
  const opened: string[] = [];
  const open = (name: string, file: string) => void opened.push(name, file);
  const [batch] = await batches(directory, ['a.mjs'], { open: open as () => undefined });
  expect([batch!.modules, batch!.failed]).toEqual([[], []]);
  expect(opened).toEqual(['a.mjs', path.join(directory, 'a.mjs')]);
});

it('ends a batch when its files have more than 64 MiB', async () => {
  const names = (batch: ReadBatch) => batch.modules.map((module) => module.path);
  const found = await batches('/', ['a.css', 'b.css', 'c.css', 'd.css'], { open: large(33) });
  expect(found.map(names)).toEqual([['a.css', 'b.css'], ['c.css', 'd.css'], []]);
});

it('gives one empty batch for no files', async () => {
  expect(await batches('/', [])).toEqual([{ modules: [], failed: [] }]);
});
