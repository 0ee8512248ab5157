import { beforeEach, expect, it } from 'vitest';
import { Failure } from '../../../../../../loader/hot/errors/failure.js';
import {
  StalledUpdates,
  type StalledUpdate,
} from '../../../../../../loader/hot/updates/stalled/stalled-updates.js';
import { EMPTY_MANIFEST } from '../../../../../../schema/manifest.js';

const ROOT = 'https://host/';
let stalled: StalledUpdates;
let retries: number;
let settle: () => void;
let update: StalledUpdate;

/** The site with these versions, by path. */
const site = (versions: Record<string, string>) => ({
  root: ROOT,
  manifest: {
    ...EMPTY_MANIFEST,
    modules: new Map(
      Object.entries(versions).map(([path, hash]) => [path, { hash, size: 1, type: 'text/javascript' }]),
    ),
  },
});
const newest = { 'a.mjs': 'a2', 'leaf.mjs': 'leaf2', 'other.mjs': 'other1' };
const tick = () => new Promise(setImmediate);

beforeEach(() => {
  stalled = new StalledUpdates();
  retries = 0;
  update = {
    roots: new Map([[`${ROOT}a.mjs`, new Failure('a.mjs waits')]]),
    hashes: new Map([
      [`${ROOT}a.mjs`, 'a2'],
      [`${ROOT}leaf.mjs`, 'leaf2'],
    ]),
    dependencies: new Map([[`${ROOT}other.mjs`, 'other1']]),
    outdated: [`${ROOT}top.mjs`],
    settled: new Promise((resolve) => (settle = resolve)),
  };
  stalled.add(update, () => retries++);
});

it('keeps an update while none of its modules changes', () => {
  expect(stalled.takeRetries(site(newest))).toEqual([]);
  expect(stalled.failures.map(({ message }) => message)).toEqual(['a.mjs waits']);
});

it.each(['a.mjs', 'leaf.mjs', 'other.mjs'])('gives an update back once when %s changes', (path) => {
  const changed = site({ ...newest, [path]: 'newer' });
  expect(stalled.takeRetries(changed)).toEqual([`${ROOT}a.mjs`, `${ROOT}top.mjs`]);
  expect(stalled.failures).toEqual([]);
  expect(stalled.takeRetries(changed)).toEqual([]);
});

it('asks for another try when the import settles after all, and then gives the update back', async () => {
  settle();
  await tick();
  expect(retries).toBe(1);
  expect(stalled.takeRetries(site(newest))).toEqual([`${ROOT}a.mjs`, `${ROOT}top.mjs`]);
});

it('does not ask for another try of an update that was given back', async () => {
  stalled.takeRetries(site({ ...newest, 'a.mjs': 'newer' }));
  settle();
  await tick();
  expect(retries).toBe(0);
});

it('forgets an update when the page runs none of its roots', async () => {
  expect(stalled.retain(() => true)).toEqual([]);
  expect(stalled.failures).toHaveLength(1);
  expect(stalled.retain((url) => url !== `${ROOT}a.mjs`)).toEqual([`${ROOT}top.mjs`]);
  expect(stalled.failures).toEqual([]);
  settle();
  await tick();
  expect(retries).toBe(0);
});

it('knows which versions are stalled', () => {
  expect(stalled.has({ url: `${ROOT}leaf.mjs`, hash: 'leaf2' })).toBe(true);
  expect(stalled.has({ url: `${ROOT}leaf.mjs`, hash: 'leaf3' })).toBe(false);
  expect(stalled.has({ url: `${ROOT}other.mjs`, hash: 'other1' })).toBe(false);
});
