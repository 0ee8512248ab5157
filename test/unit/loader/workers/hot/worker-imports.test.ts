import { expect, it, vi } from 'vitest';
import type { ModuleInstance } from '../../../../../loader/hot/modules/module-instance.js';
import { tellOutdated } from '../../../../../loader/workers/hot/worker-imports.js';
import { manifestOf } from '../../fakes.js';

const URL_OF_A = 'https://host/a.mjs';
const site = { root: 'https://host/', manifest: manifestOf({ 'a.mjs': '1' }) };

it.each([
  ['its former instance tells the page that it is outdated', URL_OF_A, [], true],
  ['the current instance tells nothing', URL_OF_A, [URL_OF_A], false],
  ['a module of another site tells nothing', 'https://cdn/a.mjs', [], false],
])('a worker that gets %s', async (_, url, running, isTold) => {
  const post = vi.fn();
  const module = { version: 1 };
  const records = { site, running: new Map(running.map((one) => [one, {} as ModuleInstance])) };
  const importing = tellOutdated(async () => module, records, { post });
  expect(await importing('https://host/w.mjs', url)).toBe(module);
  expect(post.mock.calls).toEqual(isTold ? [[{ type: 'outdated' }]] : []);
});

it('a failed import fails for its caller, and tells nothing', async () => {
  const post = vi.fn();
  const importing = tellOutdated(
    () => Promise.reject(new Error('offline')),
    { site, running: new Map() },
    { post },
  );
  await expect(importing('https://host/w.mjs', URL_OF_A)).rejects.toThrow('offline');
  expect(post).not.toHaveBeenCalled();
});
