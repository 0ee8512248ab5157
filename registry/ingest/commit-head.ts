import { ModcastError, manifestBytes } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { Deploy, NewDeploy, Store } from '../store/store.js';

/** A deploy without what depends on the channel's head. `commit` is asked only when a deploy is made. */
export type HeadProposal = Omit<NewDeploy, 'hash' | 'expected' | 'commit'> & {
  readonly commit: () => Promise<string | null>;
};

/**
 * Makes a manifest the head of its channel. When another writer moves the head meanwhile, it tries again: the
 * directory wins.
 */
export async function commitHead(
  store: Store,
  proposal: HeadProposal,
): Promise<{ readonly deploy: Deploy; readonly created: boolean }> {
  const hash = blake3(manifestBytes(proposal.manifest));
  for (;;) {
    const head = await store.head(proposal.channel);
    if (head?.manifest === hash) return { deploy: head, created: false };
    try {
      const commit = await proposal.commit();
      return await store.commit({ ...proposal, hash, commit, expected: head?.number ?? null });
    } catch (error) {
      if (!(error instanceof ModcastError) || error.code !== 'head-moved') throw error;
    }
  }
}
