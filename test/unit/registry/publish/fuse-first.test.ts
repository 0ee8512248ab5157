import { expect, test } from 'vitest';
import { fuseFirst } from '../../../../registry/publish/fuse-first.js';
import { PublishService } from '../../../../registry/publish/publish-service.js';
import { createServed } from '../../../../registry/transform/index.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { blobOf, hashOf, manifestOf } from '../../../contract/store-fixture.js';
import { manifestBytes } from '../../../../schema/index.js';

async function publish(fuse: (hash: string) => Promise<unknown>) {
  const store = await openMemoryStore();
  const manifest = manifestOf([['a.mjs', 'a']], { entries: ['a.mjs'] });
  const failures: unknown[] = [];
  const target = fuseFirst(
    new PublishService({ store, now: () => 0 }),
    createServed({ store }),
    async ({ deploy }) => {
      // The deploy is not the head yet.
      expect(await store.head('production')).toBeNull();
      return fuse(deploy.manifest);
    },
    (error) => failures.push(error),
  );
  const plan = await target.plan({
    channel: 'production',
    manifest,
    author: 'ada',
    message: '',
    commit: null,
  });
  if (plan.state !== 'open') throw new Error('expected a plan');
  await target.put(plan.lease!, [blobOf('a')]);
  await target.commit(plan.lease!);
  return { head: await store.head('production'), hash: hashOf(manifestBytes(manifest)), failures };
}

test('modules are joined before the deploy becomes the head', async () => {
  const fused: string[] = [];
  const { head, hash, failures } = await publish(async (manifest) => fused.push(manifest));
  expect(fused).toEqual([hash]);
  expect(head).toMatchObject({ number: 1, manifest: hash });
  expect(failures).toEqual([]);
});

test('a failure to join them is reported, and fails no publish', async () => {
  const error = new Error('the thread ended');
  const { head, failures } = await publish(() => Promise.reject(error));
  expect(head).toMatchObject({ number: 1 });
  expect(failures).toEqual([error]);
});
