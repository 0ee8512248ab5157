import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../schema/index.js';

const read = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

it('documents every error code with its meaning, and no other', () => {
  const documented = [...read('errors.md').matchAll(/^\| `([\w-]+)` +\| (.*?) +\|$/gm)].map(
    ([, code, text]) => [code, text],
  );
  expect(documented).toEqual(Object.entries(ERROR_CODES).map(([code, meaning]) => [code, meaning]));
});
