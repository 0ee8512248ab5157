import { beforeEach, expect, it } from 'vitest';
import { commitHead } from '../../../../registry/ingest/commit-head.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { EMPTY_MANIFEST, ModcastError } from '../../../../schema/index.js';
import { publish } from '../../../contract/store-fixture.js';

let store: Store;
beforeEach(async () => {
  store = await openMemoryStore();
});

const head = (commit: () => Promise<string | null> = async () => null) =>
  commitHead(store, {
    channel: 'dev',
    manifest: EMPTY_MANIFEST,
    time: 1,
    author: 'ada',
    message: '',
    commit,
  });

it('makes a deploy, and none when the head has the manifest already', async () => {
  expect(await head()).toMatchObject({ created: true, deploy: { number: 1, parent: null } });
  expect(await head()).toMatchObject({ created: false, deploy: { number: 1 } });
});

it('asks for the git commit only when it makes a deploy', async () => {
  let asked = 0;
  const commit = async () => {
    asked++;
    return 'c'.repeat(40);
  };
  expect((await head(commit)).deploy.commit).toBe('c'.repeat(40));
  await head(commit);
  expect(asked).toBe(1);
});

it('retries when another writer moves the head', async () => {
  const { commit } = store;
  let races = 2;
  store.commit = async (deploy) => {
    if (races-- > 0) await publish({ ...store, commit }, [[`${races}.mjs`, `export default ${races};`]]);
    return commit(deploy);
  };
  expect(await head()).toMatchObject({ created: true, deploy: { number: 3, parent: 2 } });
});

it('fails when the store does', async () => {
  store.commit = () => Promise.reject(new ModcastError('store-full', 'full'));
  await expect(head()).rejects.toMatchObject({ code: 'store-full' });
});
