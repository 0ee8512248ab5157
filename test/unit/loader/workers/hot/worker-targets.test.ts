import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { lexModule } from '../../../../../importmap/index.js';
import { moduleAt, type SiteModule } from '../../../../../importmap/site.js';
import { WorkerTargets } from '../../../../../loader/workers/hot/worker-targets.js';
import { WorkerResolver } from '../../../../../loader/workers/worker-resolver.js';
import type { PooledBlob } from '../../../../../loader/cache/blob-pool.js';
import type { Hash } from '../../../../../schema/hash.js';
import { manifestOf } from '../../fakes.js';

const ROOT = 'https://site.test/';
const HASH = 'ab'.repeat(32);
const TEXT = `import { b } from './b.mjs';
import './c.mjs';
export const here = import.meta.url;
import(b);
`;

const blobs = new Map<Hash, PooledBlob>();
const manifest = manifestOf({ 'a.mjs': TEXT, 'b.mjs': '', 'c.mjs': '', 'data.json': '{}' });
const made: Blob[] = [];
let resolver: WorkerResolver;
let targets: WorkerTargets;

beforeEach(() => {
  blobs.clear();
  made.length = 0;
  resolver = new WorkerResolver(null, ROOT, HASH);
  const runtime = `${ROOT}-/worker.js?v=1&modcast=${HASH}`;
  targets = new WorkerTargets({
    root: ROOT,
    resolver,
    blobPool: { get: (hash) => blobs.get(hash) },
    runtime,
  });
  targets.begin(manifest);
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => `blob:${made.push(blob as Blob)}`);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function moduleOf(path: string, text: string, more: Partial<SiteModule> = {}): SiteModule {
  const module = { ...moduleAt({ root: ROOT, manifest }, ROOT + path)!, ...more };
  const bytes = Buffer.from(text);
  blobs.set(module.hash, { bytes, links: path.endsWith('.json') ? null : lexModule(bytes) });
  return module;
}

it('a module of the first deploy has its URL there, any other none', () => {
  expect(targets.targetOf(`${ROOT}a.mjs`)).toBe(`${ROOT}a.mjs?modcast=${HASH}`);
  expect(targets.hashOf(`${ROOT}a.mjs`)).toBe(manifest.modules.get('a.mjs')!.hash);
  expect(targets.isInstalled(`${ROOT}a.mjs?other`)).toBe(true);
  expect(targets.targetOf(`${ROOT}new.mjs`)).toBeUndefined();
  expect(targets.isInstalled(`${ROOT}new.mjs`)).toBe(false);
});

it('a later instance imports the current instances of others', async () => {
  resolver.rename(`${ROOT}c.mjs`, 'blob:c');
  const url = `${ROOT}a.mjs`;
  const target = targets.create(moduleOf('a.mjs', TEXT))!;
  const text = await made[0]!.text();
  expect(text).toContain(`import { b } from "${ROOT}b.mjs?modcast=${HASH}";`);
  expect(text).toContain('import "blob:c";');
  expect(text).toContain('__modcast__(import.meta.url).import(b)');
  expect(text).toContain(`import "${ROOT}-/worker.js?v=1&modcast=${HASH}";`);
  expect(text).toMatch(/sourceURL=https:\/\/site\.test\/a\.mjs$/);
  expect(targets.urlOf(target)).toBe(url);
  expect(targets.targetOf(url)).not.toBe(target);
  targets.adopt(url, target, 'new' as Hash);
  expect([targets.targetOf(url), targets.hashOf(url)]).toEqual([target, 'new']);
});

it('an instance of JSON has its media type, and CSS has none', async () => {
  targets.create(moduleOf('data.json', '{ "a": 1 }', { type: 'application/json' }));
  expect([await made[0]!.text(), made[0]!.type]).toEqual(['{ "a": 1 }', 'application/json']);
  expect(targets.create(moduleOf('b.mjs', '', { type: 'text/css' }))).toBeUndefined();
});

it('a module whose blob is not here has no instance', () => {
  const module = moduleAt({ root: ROOT, manifest }, `${ROOT}a.mjs`)!;
  expect(targets.create(module)).toBeUndefined();
});
