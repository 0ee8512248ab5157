import { randomUUID } from 'node:crypto';
import { LIMITS, ModcastError, parseChannel, type Channel } from '../../schema/index.js';
import type { Deploy, Store } from '../store/store.js';
import { retryMovedHead } from './retry.js';

export interface RepublishOptions {
  /** The deploy whose manifest becomes the head. */
  readonly deploy: Deploy;
  readonly channel: Channel;
  readonly author: string;
  readonly message: string;
  readonly now: () => number;
}

/**
 * Makes the manifest of an older deploy, or of another channel's, the head. This makes a new deploy: history
 * only grows. `created` is false when the head already has that manifest.
 *
 * @throws ModcastError `channel-invalid`, `deploy-unknown` (it was collected), `blob-missing`, `head-moved`
 */
export async function republish(
  store: Store,
  { deploy, channel, author, message, now }: RepublishOptions,
): Promise<{ readonly deploy: Deploy; readonly created: boolean }> {
  parseChannel(channel);
  const manifest = await store.manifest(deploy.number);
  if (manifest === null) {
    throw new ModcastError('deploy-unknown', `deploy ${deploy.number} no longer exists`, {
      found: deploy.number,
    });
  }
  const owner = `publish:${randomUUID()}`;
  const hashes = [...new Set([...manifest.modules.values()].map((module) => module.hash))];
  // From now on the collector keeps the blobs. The commit fails if some were collected before.
  await store.lease(hashes, owner, now() + LIMITS.publishLeaseMs);
  try {
    return await retryMovedHead(channel, async () =>
      store.commit({
        channel,
        manifest,
        hash: deploy.manifest,
        expected: (await store.head(channel))?.number ?? null,
        time: now(),
        author,
        message,
        commit: deploy.commit,
      }),
    );
  } finally {
    await store.release(owner);
  }
}
