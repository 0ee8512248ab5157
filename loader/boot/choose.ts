import { EMPTY_MANIFEST, type Manifest } from '../../schema/manifest.js';
import type { BootSource } from '../../schema/message.js';
import type { CachedDeploy } from '../cache/cache.js';
import type { ChannelClient, Release } from '../transport/channel-client.js';
import { fetchRelease, type FetchOptions } from '../transport/plain-files.js';
import type { Greeting } from './greeting.js';

/** What a page is going to run, decided once for a boot. */
export interface Choice {
  readonly from: BootSource;
  /** Null only for `native`. */
  readonly release: Release | null;
}

export interface ChooseOptions extends FetchOptions, Greeting {
  readonly channelClient: Pick<ChannelClient, 'head'>;
  /** The deploy in the cache, when its blobs are in the pool. */
  readonly cached: Promise<CachedDeploy | null>;
  /** Whether everything that the page starts from is in the pool. */
  readonly isWhole: (release: Release) => boolean;
  /** Fetches the blobs that a static export has packed for a release. */
  readonly fetchPacked: (release: Release) => Promise<void>;
}

const NATIVE: Choice = { from: 'native', release: null };

/** The rows of the fallback table, best first. */
export async function choose(options: ChooseOptions): Promise<Choice> {
  const { config, channelClient, isWhole, inTime, greeted } = options;
  if (!config.socket) return chooseStatic(options);
  const fromCache = async (): Promise<Choice | null> => {
    const release = await options.cached;
    return release !== null && isWhole(release) ? { from: 'cache', release } : null;
  };
  const fromNetwork = (): Choice | null =>
    channelClient.head === undefined ? null : { from: 'network', release: channelClient.head };

  const first = config.boot === 'cached' ? await fromCache() : null;
  if (first !== null) return first;
  if ((await inTime) && (await greeted)) {
    const choice = fromNetwork();
    if (choice !== null) return choice;
  }
  const cached = await fromCache();
  if (cached !== null) return cached;
  // Without anything cached, a page waits longer for an open socket.
  await greeted;
  const late = fromNetwork();
  if (late !== null) return late;
  const release = await fetchRelease(options);
  return release === null ? NATIVE : { from: 'http', release };
}

/** Without a server to ask, the page's own tag or a file names the deploy. */
async function chooseStatic(options: ChooseOptions): Promise<Choice> {
  const { config, isWhole } = options;
  const cached = await options.cached;
  const fromCache: Choice | null =
    cached !== null && isWhole(cached) ? { from: 'cache', release: cached } : null;
  if (fromCache !== null && cached?.hash === config.deploy?.manifest) return fromCache;
  const release = await fetchRelease(options);
  if (release === null) return fromCache ?? NATIVE;
  if (cached?.hash === release.hash) return { from: fromCache === null ? 'http' : 'cache', release };
  if (isMostlyNew(release.manifest, cached?.manifest)) await options.fetchPacked(release);
  return { from: 'http', release };
}

/** Whether more than half of a manifest's bytes are new here: then one pack of them all wastes little. */
function isMostlyNew(manifest: Manifest, known: Manifest = EMPTY_MANIFEST): boolean {
  const held = new Set([...known.modules.values()].map(({ hash }) => hash));
  let total = 0;
  let added = 0;
  for (const { hash, size } of manifest.modules.values()) {
    total += size;
    if (!held.has(hash)) added += size;
  }
  return added * 2 > total;
}
