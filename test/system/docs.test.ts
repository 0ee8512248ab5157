import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('docs/api.md is what the code says (npm run docs makes it)', () => {
  const file = (name: string) => new URL(`../../docs/${name}`, import.meta.url);
  const { stdout } = spawnSync(process.execPath, [file('build-api.mjs').pathname], { encoding: 'utf8' });
  // The formatter only pads the tables.
  const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
  expect(stdout).toContain('| `clients` | `number` | Maximum number of connected clients. Default 10,000. |');
  expect(plain(readFileSync(file('api.md'), 'utf8'))).toBe(plain(stdout));
});
