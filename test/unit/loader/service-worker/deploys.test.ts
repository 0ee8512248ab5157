import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Cache, DATABASE } from '../../../../loader/cache/cache.js';
import { openExisting } from '../../../../loader/cache/database.js';
import { hash } from '../../../../loader/hash.js';
import { CachedDeploys } from '../../../../loader/service-worker/deploys.js';
import { diffManifests, manifestToJson, type Manifest } from '../../../../schema/index.js';
import { manifestHash, manifestOf, recordOf } from '../fakes.js';

const SITE = 'a1'.repeat(16);
const OLD = manifestOf({ 'a.mjs': 'a', 'b.mjs': 'b' });
const NEW = manifestOf({ 'a.mjs': 'changed', 'c.mjs': 'c' });

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => vi.unstubAllGlobals());

async function store(manifest: Manifest): Promise<void> {
  const cache = await Cache.open(SITE, hash, 'old');
  const deploy = {
    channel: 'dev',
    deploy: 1,
    hash: manifestHash(manifest),
    manifest,
    fusion: null,
    derived: [],
  };
  await cache.put([recordOf('a')], deploy);
}

/** @param json what the server answers */
function deploysFrom(json: (since: string | undefined) => unknown) {
  const asked: unknown[] = [];
  const deploys = new CachedDeploys({
    registry: SITE,
    openDatabase: () => openExisting(DATABASE),
    hasher: hash,
    async fetchManifest(number, since) {
      asked.push([number, since]);
      return Response.json(json(since));
    },
  });
  return { asked, find: () => deploys.find({ manifest: manifestHash(NEW), number: 2 }) };
}

const difference = (since: string | undefined) => ({ since, ...diffManifests(OLD, NEW) });

it('asks for the difference from the newest deploy that is here', async () => {
  await store(OLD);
  const { asked, find } = deploysFrom(difference);
  expect((await find())?.manifest).toEqual(NEW);
  expect(asked).toEqual([[2, manifestHash(OLD)]]);
});

it('takes a whole manifest for an answer', async () => {
  await store(OLD);
  expect((await deploysFrom(() => manifestToJson(NEW)).find())?.manifest).toEqual(NEW);
});

it('asks for a whole manifest where none is here', async () => {
  const { asked, find } = deploysFrom(() => manifestToJson(NEW));
  expect((await find())?.manifest).toEqual(NEW);
  expect(asked).toEqual([[2, undefined]]);
});

it.each<[string, (since: string | undefined) => unknown]>([
  ['another manifest', () => manifestToJson(OLD)],
  ['a difference with another result', (since) => ({ since, ...diffManifests(OLD, OLD) })],
])('finds none where the answer is %s', async (_, json) => {
  await store(OLD);
  expect(await deploysFrom(json).find()).toBeUndefined();
});
