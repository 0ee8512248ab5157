import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { parse } from 'acorn';
import { expect, it } from 'vitest';
import { freeNames } from '../../../loader/free-names.mjs';

const guard = readFileSync(new URL('../../../dist/loader/guard.js', import.meta.url), 'utf8');

it('the guard parses, and reads all globals that a page can replace when it starts', () => {
  expect(() => parse(guard, { ecmaVersion: 2022 })).not.toThrow();
  expect(freeNames(guard).globals).toEqual(['console', 'document', 'location', 'window']);
});

/** Runs a loader where there is no EventTarget, so that it cannot start. */
function failing(guard: object): unknown {
  const text = readFileSync(new URL('../../../dist/loader/fused-loader.js', import.meta.url), 'utf8');
  const realm = createContext({});
  runInContext('globalThis.window = globalThis;', realm);
  Object.assign(realm, { __modcast_guard__: guard });
  try {
    runInContext(text, realm);
  } catch (error) {
    return String(error);
  }
  return undefined;
}

it('a loader that cannot start tells its guard, or else the browser', () => {
  const failures: unknown[] = [];
  expect(failing({ fail: (failure: unknown) => failures.push(failure) })).toBeUndefined();
  expect(failures).toEqual([expect.stringContaining('EventTarget is not defined')]);
  // A page that has started without the loader has no guard, but what the loader uses of the browser.
  expect(failing({})).toContain('EventTarget is not defined');
});
