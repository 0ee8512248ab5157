import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { Ingest } from '../../../../registry/ingest/ingest.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { publish } from '../../../contract/store-fixture.js';
import { SITE, site, write } from '../site.js';

const NOW = 1_000_000;

/** A site with files from a minute ago, which a second scan does not read again. */
async function settledSite(): Promise<string> {
  const directory = await site(SITE);
  const time = Date.now() / 1000 - 60;
  for (const name of Object.keys(SITE)) await utimes(path.join(directory, name), time, time);
  return directory;
}

/** A store whose collector runs before each commit, as one in another process may. */
async function collectedStore(): Promise<{ store: Store; quiet: Store }> {
  const quiet = await openMemoryStore();
  const store: Store = {
    ...quiet,
    async commit(deploy) {
      await quiet.collect({ keep: 1, olderThan: Infinity, now: NOW, dryRun: false });
      return quiet.commit(deploy);
    },
  };
  return { store, quiet };
}

const ingestOf = (directory: string, store: Store): Ingest =>
  new Ingest({ directory, store, channel: 'dev', filter: DEFAULT_FILTER, author: 'a', now: () => NOW });

it('a collector deletes no blobs that a scan has just read', async () => {
  const { store } = await collectedStore();
  const { created } = await ingestOf(await site(SITE), store).scan();
  expect(created).toBe(true);
});

it('a collector deletes no blobs that a scan has found in the store', async () => {
  const { store, quiet } = await collectedStore();
  const directory = await settledSite();
  await ingestOf(directory, store).scan();
  await publish(quiet, [['other.mjs', 'export {};']]);
  const { created, manifest, read } = await ingestOf(directory, store).scan();
  expect([created, read]).toEqual([true, 0]);
  expect(await store.missing([...manifest.modules.values()].map((module) => module.hash))).toEqual([]);
});

it('blobs that a collector deleted, because another writer moved the head, are read again', async () => {
  const { store, quiet } = await collectedStore();
  const directory = await site(SITE);
  const ingest = ingestOf(directory, store);
  await ingest.scan();
  await publish(quiet, [['other.mjs', 'export {};']]);
  await write(directory, { 'data.json': '{"b":2}' });
  const { created, manifest } = await ingest.update(['data.json']);
  expect(created).toBe(true);
  expect(manifest.modules.size).toBe(4);
});

it('a scan ends its lease', async () => {
  const { store, quiet } = await collectedStore();
  const directory = await settledSite();
  await ingestOf(directory, store).scan();
  await publish(quiet, [['other.mjs', 'export {};']]);
  const { blobs } = await store.collect({ keep: 1, olderThan: Infinity, now: NOW, dryRun: false });
  expect(blobs).toBe(4);
});
