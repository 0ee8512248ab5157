import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pc from 'picocolors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { blake3 } from '../../../registry/hash.js';
import { deployOf, manifestOf, publish } from '../../contract/store-fixture.js';
import type { Io } from '../../../cli/io.js';
import { modcast } from './program.js';

let site: string;

/** production: 1, 2. */
beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-grep-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  const files: [string, string][] = [
    ['main.mjs', 'const LIMIT = 8;\nconst limits = [LIMIT];\r\n'],
    ['lib/a.mjs', 'export default 1;\n'],
    ['lib/icon.bin', 'LIMIT\0'],
  ];
  await publish(store, files, { channel: 'production' });
  await publish(store, [...files.slice(1), ['main.mjs', 'const LIMIT = 9;']], { channel: 'production' });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = (args: string[], io: Partial<Io> = {}) =>
  modcast(site, ['grep', '--db', 'r.db', ...args], { columns: Infinity, ...io });

describe('modcast grep', () => {
  it.each([
    [['LIMIT'], 'Binary file lib/icon.bin matches\nmain.mjs:const LIMIT = 9;\n'],
    [['-n', 'LIMIT', 'main.mjs'], 'main.mjs:1:const LIMIT = 9;\n'],
    [
      ['-n', 'LIMIT', '1', '--', 'main.mjs'],
      '1:main.mjs:1:const LIMIT = 8;\n1:main.mjs:2:const limits = [LIMIT];\n',
    ],
    [['-n', 'LIMIT', '--', 'lib'], 'Binary file lib/icon.bin matches\n'],
    [['-i', '^const limits', 'production~1'], 'production~1:main.mjs:const limits = [LIMIT];\n'],
    [['-l', 'LIMIT'], 'lib/icon.bin\nmain.mjs\n'],
    [['-c', 'LIMIT', '1'], '1:lib/icon.bin:1\n1:main.mjs:2\n'],
    [['-F', '[LIMIT]', '1'], '1:main.mjs:const limits = [LIMIT];\n'],
    [['-wi', 'limit', '1', 'main.mjs', '-c'], '1:main.mjs:2\n'],
    [
      ['-wi', 'limits?', '1:main.mjs', '-n'],
      '1:main.mjs:1:const LIMIT = 8;\n1:main.mjs:2:const limits = [LIMIT];\n',
    ],
    [['];$', '1'], '1:main.mjs:const limits = [LIMIT];\n'],
  ])('%j', async (args, out) => {
    expect(await run(args)).toEqual({ code: 0, out, err: '' });
  });

  it('exits with 1 if nothing matches, and with 2 on an error', async () => {
    expect(await run(['nothing'])).toEqual({ code: 1, out: '', err: '' });
    expect(await run(['a('])).toMatchObject({ code: 2, out: '' });
    expect((await run(['a('])).err).toContain("argument 'pattern': expected a regular expression");
    expect(await run(['x', '99'])).toMatchObject({ code: 2, out: '' });
    expect((await run(['x', 'lbi/'])).err).toContain('did you mean lib/?');
  });

  it('finds nothing without a deploy, and refuses a ref', async () => {
    await (await openSqliteStore(path.join(site, 'empty.db'))).close();
    const grep = (...args: string[]) => modcast(site, ['grep', '--db', 'empty.db', ...args]);
    expect(await grep('LIMIT')).toMatchObject({ code: 1, out: expect.stringMatching(/^No deploys yet\. /) });
    expect(await grep('LIMIT', '--json')).toMatchObject({ code: 1, out: '' });
    expect(await grep('LIMIT', '12')).toMatchObject({ code: 2, out: '' });
    expect((await grep('LIMIT', 'lib/')).err).toContain('there are no deploys yet');
  });

  it('prints a line of JSON for each match', async () => {
    const { out } = await run(['LIMIT', '1', '--json']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { path: 'lib/icon.bin', binary: true, count: 1 },
      { path: 'main.mjs', line: 1, column: 7, text: 'const LIMIT = 8;' },
      { path: 'main.mjs', line: 2, column: 17, text: 'const limits = [LIMIT];' },
    ]);
    expect(JSON.parse((await run(['LIMIT', 'main.mjs', '-c', '--json'])).out)).toEqual({
      path: 'main.mjs',
      binary: false,
      count: 1,
    });
  });

  it('colours paths and matches', async () => {
    const { out } = await run(['-n', 'LIMIT', 'main.mjs'], { colours: pc.createColors(true) });
    expect(out).toContain('const \u001b[1m\u001b[31mLIMIT\u001b[39m\u001b[22m = 9;\n');
    expect(out.startsWith('\u001b[35mmain.mjs\u001b[39m')).toBe(true);
  });

  it('keeps the bytes of a file that is not UTF-8', async () => {
    const store = await openSqliteStore(path.join(site, 'latin1.db'));
    const source = Buffer.from('caf\xe9\n', 'latin1');
    const hash = blake3(source);
    await store.putBlobs([{ hash, bytes: source, links: null }]);
    const modules = new Map([['é.txt', { hash, size: source.length, type: 'text/plain' }]]);
    await store.commit(deployOf({ ...manifestOf([]), modules }, { expected: null }));
    await store.close();
    const bytes: Uint8Array[] = [];
    await modcast(site, ['grep', 'caf', '--db', 'latin1.db'], {
      columns: Infinity,
      write: (data) => void bytes.push(Buffer.from(data)),
    });
    expect(Buffer.concat(bytes)).toEqual(Buffer.concat([Buffer.from('é.txt:'), source]));
  });
});
