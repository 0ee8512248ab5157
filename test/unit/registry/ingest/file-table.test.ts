import { expect, it } from 'vitest';
import { FileTable } from '../../../../registry/ingest/file-table.js';
import type { Diagnostic } from '../../../../schema/index.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const STAT = { size: 1, mtime: '1', ctime: '1', inode: '1', hash: A };
const broken = (path: string): Diagnostic => ({ path, kind: 'syntax', severity: 'error', message: 'no' });

it('knows each module with its media type', () => {
  const table = new FileTable();
  table.set('a.mjs', A, 3);
  table.set('a.mjs', B, 4);
  expect([...table.modules]).toEqual([['a.mjs', { hash: B, size: 4, type: 'text/javascript' }]]);
});

it('counts changes of the set of paths, and not of contents', () => {
  const table = new FileTable();
  const changes = (work: () => void) => {
    const before = table.pathChanges;
    work();
    return table.pathChanges > before;
  };
  expect(changes(() => table.set('a.mjs', A, 1))).toBe(true);
  expect(changes(() => table.set('a.mjs', B, 1))).toBe(false);
  expect(changes(() => table.remove('b.mjs'))).toBe(false);
  expect(changes(() => table.skip('b.mjs', 'why'))).toBe(false);
  expect(changes(() => table.skip('a.mjs', 'why'))).toBe(true);
  expect(changes(() => table.clear())).toBe(true);
});

it('keeps a syntax error until the file is fixed or removed', () => {
  const table = new FileTable();
  for (const path of ['a.mjs', 'b.mjs', 'c.mjs']) {
    table.set(path, A, 1);
    table.setBroken(path, broken(path));
  }
  table.clear();
  table.setBroken('a.mjs', undefined);
  table.remove('b.mjs');
  expect(table.problems).toEqual([broken('c.mjs')]);
});

it('lists a skipped file once, as a warning, until it is read again or all files are', () => {
  const table = new FileTable();
  table.set('a.mjs', A, 1);
  table.setBroken('a.mjs', broken('a.mjs'));
  table.skip('a.mjs', 'first');
  table.skip('a.mjs', 'second');
  const skipped = { path: 'a.mjs', kind: 'skipped', severity: 'warning', message: 'second' };
  expect([table.problems, table.modules.size]).toEqual([[skipped], 0]);
  table.unskip('a.mjs');
  expect(table.problems).toEqual([]);
  table.skip('a.mjs', 'third');
  table.clear();
  expect(table.problems).toEqual([]);
});

it('keeps stats apart from modules: a scan clears the modules only', () => {
  const table = new FileTable();
  table.setStat('a.mjs', STAT);
  table.clear();
  table.remove('a.mjs');
  expect([...table.stats]).toEqual([['a.mjs', STAT]]);
  table.forgetStat('a.mjs');
  expect(table.stats.size).toBe(0);
});
