import { readFileSync } from 'node:fs';
import { parse } from 'acorn';
import { expect, it } from 'vitest';
import { freeNames } from '../../../loader/free-names.mjs';

const guard = readFileSync(new URL('../../../dist/loader/guard.js', import.meta.url), 'utf8');

it('the guard parses, and reads all globals that a page can replace when it starts', () => {
  expect(() => parse(guard, { ecmaVersion: 2022 })).not.toThrow();
  expect(freeNames(guard).globals).toEqual(['console', 'document', 'location', 'window']);
});
