import type { Hash } from '../../schema/index.js';
import type { Deploy, Store } from '../store/store.js';

/** Finds deploys that are no heads. */
export interface PastDeploys {
  /** The newest deploy with a manifest, on any channel; null if there is none. */
  ofManifest(manifest: Hash): Promise<Deploy | null>;
  /** The newest deploys of all channels, newest first. */
  recent(limit: number): Promise<readonly Deploy[]>;
}

export function pastDeploys(store: Pick<Store, 'channels' | 'deploys' | 'deployOfManifest'>): PastDeploys {
  const newestFirst = (deploys: readonly Deploy[]) => deploys.toSorted((a, b) => b.number - a.number);
  return {
    async ofManifest(manifest) {
      const channels = await store.channels();
      const found = await Promise.all(channels.map((channel) => store.deployOfManifest(channel, manifest)));
      return newestFirst(found.filter((deploy) => deploy !== null))[0] ?? null;
    },
    async recent(limit) {
      const channels = await store.channels();
      const found = await Promise.all(channels.map((channel) => store.deploys({ channel, limit })));
      return newestFirst(found.flat()).slice(0, limit);
    },
  };
}
