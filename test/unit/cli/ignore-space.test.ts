import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineRange } from '../../../cli/options/line-range.js';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

let site: string;

beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-space-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  await publish(store, [
    ['a.mjs', 'if (x) {\ny();\n}\nz();\n'],
    ['b.mjs', 'b ();\n'],
    ['c.mjs', 'c\n'],
  ]);
  await publish(store, [
    ['a.mjs', 'if (x) {\n  y();\n}\nz( 1 );\n'],
    ['b.mjs', 'b();\n'],
    ['c.mjs', 'c\n'],
  ]);
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = (...args: string[]) => modcast(site, [...args, '--db', 'r.db']);

describe('`diff -w`', () => {
  it('leaves out changes of white space, and shows context as it is now', async () => {
    const { out } = await run('diff', '1', '2', '-w');
    expect(out.slice(out.indexOf('@@'))).toBe('@@ -1,4 +1,4 @@\n if (x) {\n   y();\n }\n-z();\n+z( 1 );\n');
    expect(out).not.toContain('b.mjs');
    expect((await run('diff', '1', '2', '-w', '--stat')).out).toContain(
      ' 1 file changed, 1 insertion(+), 1 deletion(-)\n',
    );
    expect((await run('diff', '1', '2', '-w', '--name-status')).out).toBe('M\ta.mjs\n');
    expect(JSON.parse((await run('diff', '1', '2', '-w', '--json')).out).changes).toHaveLength(1);
  });

  it('--exit-code is 0 if only white space differs', async () => {
    expect((await run('diff', '1', '2', '-w', '--exit-code', 'b.mjs')).code).toBe(0);
    expect((await run('diff', '1', '2', '--exit-code', 'b.mjs')).code).toBe(1);
    expect((await run('diff', '1', '2', '-w', '--exit-code')).code).toBe(1);
  });
});

describe('blame', () => {
  const blamed = async (...args: string[]) =>
    (JSON.parse((await run('blame', 'a.mjs', '--json', ...args)).out).lines as any[]).map(
      ({ line, deploy }) => `${line}:${deploy}`,
    );

  it('-w keeps the deploy of a line whose white space changed', async () => {
    expect(await blamed()).toEqual(['1:1', '2:2', '3:1', '4:2']);
    expect(await blamed('-w')).toEqual(['1:1', '2:1', '3:1', '4:2']);
  });

  it('-L shows only some lines', async () => {
    expect(await blamed('-L', '2,3')).toEqual(['2:2', '3:1']);
    expect(await blamed('-L4')).toEqual(['4:2']);
    expect((await run('blame', 'a.mjs', '-L', '2,+1')).out).toMatch(/^2 .* 2 │   y\(\);\n$/);
    expect((await run('blame', 'a.mjs', '-L', '9,')).err).toBe(
      'modcast: -L: a.mjs has only 4 lines (option-invalid)\n',
    );
  });

  it.each([
    ['10,20', 10, 20],
    ['20,10', 10, 20],
    ['10,+5', 10, 14],
    ['10,-5', 6, 10],
    ['10', 10, Infinity],
    ['10,', 10, Infinity],
    [',20', 1, 20],
  ])('-L %s', (text, start, end) => {
    expect(lineRange(text)).toEqual({ start, end });
  });

  it.each(['', ',', '0,3', '3,0', 'a', '1,+', '1,2,3'])('-L %j is wrong usage', async (text) => {
    expect(await run('blame', 'a.mjs', '-L', text)).toMatchObject({ code: 2, out: '' });
  });
});
