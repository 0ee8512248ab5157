import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textWidth } from '../../../../cli/output/text.js';
import { createToken } from '../../../../registry/auth/tokens.js';
import { openSqliteStore } from '../../../../registry/index.js';
import { publish } from '../../../contract/store-fixture.js';
import { modcast } from '../program.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const LONG = 'scenes/archive/2026/the-long-way-round/particles/emitter-shapes.mjs';

let site: string;

beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-widths-'));
  mkdirSync(path.join(site, '.modcast'));
  const store = await openSqliteStore(path.join(site, '.modcast/registry.db'));
  const source = Array.from({ length: 120 }, (_, n) => `\t\tconst value${n} = '${'ü日'.repeat(n % 40)}';\n`);
  const deploy = (text: string, name: string, author: string, channel = 'production') =>
    publish(
      store,
      [
        [name, text],
        ['data/table.json', text],
      ],
      {
        channel,
        author,
        time: NOW - 3 * 30.44 * 86_400_000,
        message: 'Move the emitters so that the archive has one place for all of them\n\nmore',
      },
    );
  await deploy(source.join(''), 'emitter.mjs', 'ada');
  await deploy(source.join('').replace('value7 ', 'seven '), LONG, 'Augusta Ada King, Countess of Lovelace');
  await deploy(
    source.join('').replace('value8 ', '\u001b[31meight '),
    LONG,
    '日本語の名前',
    'a-channel-with-a-name',
  );
  for (const scope of [['read'], ['publish:production', 'publish:a-channel-with-a-name', 'read']]) {
    await createToken(store, { scope, expires: NOW + 1e9, note: 'the build server in the cellar', now: NOW });
  }
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const COMMANDS = [
  ['deploys'],
  ['deploys', '--time', 'iso'],
  ['blame', LONG],
  ['blame', LONG, '2', '--time', 'local'],
  ['show', 'latest:'],
  ['ls', '-r'],
  ['ls', 'scenes/'],
  ['channels'],
  ['grep', '-n', 'value39', 'data/'],
  ['channels', '--time', 'local'],
  ['log', '--oneline'],
  ['log', LONG],
  ['log', LONG, '--time', 'iso'],
  ['token', 'list'],
  ['diff', '1', '2', '--stat'],
];

const rows = async (columns: number, args: readonly string[]) => {
  const { code, out } = await modcast(site, args, { columns });
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  // The last line of --stat is a sentence.
  return args.includes('--stat') ? lines.slice(0, -2) : lines;
};

describe('60 columns: `deploys`, `blame`, `show ref:` fit', () => {
  it.each(COMMANDS)('%s %s %s %s', async (...args) => {
    for (const columns of [40, 60, 80, 200]) {
      const lines = await rows(columns, args.filter(Boolean));
      const wide = lines.filter((line) => textWidth(line) > columns || line.includes('\t'));
      expect({ columns, wide }).toEqual({ columns, wide: [] });
    }
  });

  it('and show what identifies a row', async () => {
    expect((await rows(60, ['deploys']))[1]).toMatch(/^ +3 +a-chan.* months ago .*Move/);
    expect((await rows(60, ['show', 'latest:'])).at(-1)).toMatch(
      /^.* kB +[0-9a-f]{10} .*emitter-shapes\.mjs$/,
    );
    const line = (await rows(60, ['blame', LONG, '2']))[7];
    expect(line).toMatch(/^2 .*8 │ +const seven = /);
    expect((await rows(200, ['blame', LONG, '2']))[7]).toContain('emitter-shapes.mjs');
    expect((await rows(40, ['token', 'list']))[0]).toMatch(/^id +state/);
  });

  it('without a terminal nothing is cut', async () => {
    const { out } = await modcast(site, ['blame', LONG, '2'], { columns: Infinity });
    expect(out).toContain(`│ \t\tconst value39 = '${'ü日'.repeat(39)}';\n`);
    expect(out).toContain('Augusta Ada King, Countess of Lovelace');
    expect((await rows(Infinity, ['show', 'latest:'])).join('\n')).toContain(`text/javascript  ${LONG}`);
  });
});
