import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

let site: string;
beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-word-diff-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  for (const value of ['1', '2'])
    await publish(store, [['main.mjs', `const a = ${value} ;\n`]], { channel: 'production' });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = async (...args: string[]) => (await modcast(site, [...args, '--db', 'r.db'])).out;
const PLAIN = '\nconst a = [-1-]{+2+} ;\n';

it('shows changed words in diff, show and log', async () => {
  expect(await run('diff', '1', '2', '--word-diff')).toContain(PLAIN);
  expect(await run('show', '-p', '--word-diff=plain')).toContain(PLAIN);
  expect(await run('log', '-p', '--word-diff', '-1')).toContain(PLAIN);
  expect(await run('log', 'main.mjs', '-p', '--word-diff')).toContain(PLAIN);
  expect(await run('diff', '1', '2', '--word-diff=porcelain')).toContain('\n const a = \n-1\n+2\n  ;\n~\n');
  // As in git, this mode has colours in a pipe, too.
  expect(await run('diff', '1', '2', '--word-diff=color')).toContain(
    '\u001b[31m1\u001b[39m\u001b[32m2\u001b[39m',
  );
});

it('takes no mode from the next word, as in git', async () => {
  expect(await run('diff', '--word-diff', '1', '2')).toContain(PLAIN);
  expect(await modcast(site, ['diff', '--word-diff=words', '1', '2', '--db', 'r.db'])).toMatchObject({
    code: 2,
  });
});
