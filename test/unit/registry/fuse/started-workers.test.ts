import { describe, expect, it } from 'vitest';
import { workersOf } from '../../../../registry/fuse/started-workers.js';

const byModule = [{ url: './w.mjs', byPage: false }];
const byPage = [{ url: './w.mjs', byPage: true }];

describe('the workers that a module starts', () => {
  it.each([
    `new Worker(new URL('./w.mjs', import.meta.url), { type: 'module' })`,
    `new Worker(new URL("./w.mjs", import.meta.url).href, { name: 'x', type: "module" })`,
    `new globalThis.Worker(\n  new URL(\`./w.mjs\`, import.meta.url,),\n  { 'type': 'module', },\n)`,
    `new Worker(new URL('./w.mjs', import . meta . url), { type: 'module' }), new Worker(new URL('./w.mjs', import.meta.url), { type: 'module' })`,
  ])('are found: %s', (text) => {
    expect(workersOf(text)).toEqual(byModule);
  });

  it('are found with a text as the URL, which the page resolves', () => {
    expect(workersOf(`new Worker('./w.mjs', { type: 'module' })`)).toEqual(byPage);
  });

  it.each([
    `new Worker(new URL('./w.mjs', import.meta.url))`,
    `new Worker(new URL('./w.mjs', import.meta.url), { type: 'classic' })`,
    `new Worker(new URL(name, import.meta.url), { type: 'module' })`,
    'new Worker(new URL(`./${name}.mjs`, import.meta.url), { type: "module" })',
    `new Worker(new URL('./w.mjs', location.href), { type: 'module' })`,
    `new SharedWorker(new URL('./w.mjs', import.meta.url), { type: 'module' })`,
  ])('are not all that a text could start: %s', (text) => {
    expect(workersOf(text)).toEqual([]);
  });
});
