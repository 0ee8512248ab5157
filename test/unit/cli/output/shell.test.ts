import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quote, shellWord } from '../../../../cli/output/shell.js';

it('quotes only if a text needs it', () => {
  expect(shellWord('/srv/registry.db')).toBe('/srv/registry.db');
  expect(shellWord('my db')).toBe("'my db'");
  expect(shellWord('')).toBe("''");
  expect(quote("it's")).toBe(String.raw`'it'\''s'`);
});

it('a shell reads back any text', () => {
  const texts = fc.sample(fc.string({ unit: 'grapheme' }), 50).filter((text) => !text.includes('\0'));
  const script = `printf '%s\\0' ${texts.map(shellWord).join(' ')}`;
  const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(read).toEqual(texts);
});
