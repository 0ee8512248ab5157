import { beforeEach, expect, it } from 'vitest';
import { WorkerResolver } from '../../../../loader/workers/worker-resolver.js';

const HASH = 'ab'.repeat(32);
const ROOT = 'https://site.test/app/';
const map = { imports: { 'parts/': './parts/', './parts/a.mjs': './parts/b.mjs', blocked: null } };

let resolver: WorkerResolver;
beforeEach(() => {
  resolver = new WorkerResolver(map, ROOT, HASH);
});

const written = (specifier: string) => resolver.written(specifier, `${ROOT}w.mjs`);

it('modules of the site are named by their URLs in the deploy', () => {
  expect(written('./parts/a.mjs')).toBe(`${ROOT}parts/a.mjs?modcast=${HASH}`);
  expect(written('parts/a.mjs?v=1#x')).toBe(`${ROOT}parts/a.mjs?v=1&modcast=${HASH}#x`);
  expect(written('https://other.test/a.mjs')).toBe('https://other.test/a.mjs');
});

it('what does not resolve stays as it is written', () => {
  expect([written('nowhere'), written('blocked')]).toEqual([undefined, undefined]);
});

it('a module is named by the URL of its current instance', () => {
  const url = `${ROOT}parts/a.mjs`;
  resolver.rename(url, 'blob:a');
  expect([written('./parts/a.mjs'), resolver.name(url)]).toEqual(['blob:a', 'blob:a']);
  resolver.rename(url, undefined);
  expect(resolver.name(url)).toBe(`${url}?modcast=${HASH}`);
});

it('in a worker of joined modules, what is in no run is named as an instance of its own', () => {
  const joined = `${HASH}.${'cd'.repeat(32)}` as const;
  resolver = new WorkerResolver(map, ROOT, joined);
  expect(written('./parts/a.mjs')).toBe(`${ROOT}parts/a.mjs?modcast=${joined}`);
  expect(written('./parts/a.mjs#x')).toBe(`${ROOT}parts/a.mjs?modcast=${joined}~#x`);
  expect(resolver.inDeploy('https://other.test/a.mjs#x')).toBe('https://other.test/a.mjs#x');
});
