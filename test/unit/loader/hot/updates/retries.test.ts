import { beforeEach, expect, it } from 'vitest';
import { Failure } from '../../../../../loader/hot/errors/failure.js';
import type { ModuleInstance } from '../../../../../loader/hot/modules/module-instance.js';
import { Retries } from '../../../../../loader/hot/updates/retries.js';
import { EMPTY_MANIFEST, type Manifest } from '../../../../../schema/manifest.js';

const ROOT = 'https://host/';
let running: Map<string, ModuleInstance>;
let manifest: Manifest;
let requested: number;
let retries: Retries;

/** The page runs these, and the manifest has them. */
function run(...paths: string[]): void {
  const modules = new Map(paths.map((path) => [path, { hash: path, size: 1, type: 'text/javascript' }]));
  manifest = { ...EMPTY_MANIFEST, modules };
  running.clear();
  for (const path of paths) running.set(ROOT + path, { url: ROOT + path } as ModuleInstance);
}

const stall = (path: string, outdated: string[] = []) =>
  retries.addStalled({
    roots: new Map([[ROOT + path, new Failure(`${path} waits`)]]),
    hashes: new Map([[ROOT + path, path]]),
    dependencies: new Map(),
    outdated: outdated.map((one) => ROOT + one),
    settled: new Promise(() => {}),
  });

beforeEach(() => {
  running = new Map();
  requested = 0;
  run('a', 'b');
  const records = {
    running,
    get site() {
      return { root: ROOT, manifest };
    },
  };
  retries = new Retries(records, () => requested++);
});

it('gives each module once', () => {
  retries.add([`${ROOT}a`, `${ROOT}a`]);
  expect(retries.take()).toEqual([`${ROOT}a`]);
  expect(retries.take()).toEqual([]);
});

it('forgets modules that do not run, or that the manifest does not have', () => {
  retries.add([`${ROOT}a`, `${ROOT}gone`, `${ROOT}deleted`]);
  running.set(`${ROOT}deleted`, { url: `${ROOT}deleted` } as ModuleInstance);
  expect(retries.take()).toEqual([`${ROOT}a`]);
  run('a', 'gone', 'deleted');
  expect(retries.take()).toEqual([]);
});

it('adds a stalled update once the manifest changes it', () => {
  stall('a', ['b']);
  retries.addChanged();
  expect(retries.take()).toEqual([]);
  expect(retries.failures.map(({ message }) => message)).toEqual(['a waits']);
  manifest = {
    ...manifest,
    modules: new Map([...manifest.modules].map(([path, one]) => [path, { ...one, hash: 'x' }])),
  };
  retries.addChanged();
  expect(retries.take()).toEqual([`${ROOT}a`, `${ROOT}b`]);
  expect(retries.failures).toEqual([]);
});

it('adds what was to be replaced with a stalled module that does not run any more', () => {
  stall('a', ['b']);
  retries.forgetUnused();
  expect(retries.take()).toEqual([]);
  run('b');
  retries.forgetUnused();
  expect(retries.take()).toEqual([`${ROOT}b`]);
});

it('asks for another update only if there is a running module to replace', () => {
  retries.request();
  retries.add([`${ROOT}gone`]);
  retries.request();
  expect(requested).toBe(0);
  retries.add([`${ROOT}a`]);
  retries.request();
  expect(requested).toBe(1);
});
