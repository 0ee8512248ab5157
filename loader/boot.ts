import { EMPTY_MANIFEST, type Manifest } from '../schema/manifest.js';
import type { BootSource } from '../schema/message.js';
import type { CachedDeploy } from './cache/cache.js';
import type { ChannelClient, Release } from './transport/channel-client.js';
import { fetchRelease, type FetchOptions } from './transport/plain-files.js';

/** What a page is going to run, decided once for a boot. */
export interface Choice {
  readonly from: BootSource;
  readonly release: Release | null;
}

export interface ChooseOptions extends FetchOptions {
  readonly channelClient: ChannelClient;
  /** The deploy in the cache and whether its blobs are there too. */
  readonly cached: () => Promise<CachedDeploy | null>;
  /** Whether all that the page starts from is in the blobPool. */
  readonly isWhole: (release: Release) => boolean;
  /** Whether the server has said anything within the time that a page waits. */
  readonly inTime: Promise<boolean>;
  /** Whether the channel's head is known; false when an open socket stands still, or closes. */
  readonly greeted: Promise<boolean>;
  /** Brings the blobs of a release here that a static export has packed. */
  readonly unpack: (release: Release) => Promise<void>;
}

/** The rows of the fallback table, from the best to the plainest. */
export async function choose(options: ChooseOptions): Promise<Choice> {
  const { config, channelClient, isWhole, inTime, greeted } = options;
  if (!config.socket) return choosePlain(options);
  const whole = async (): Promise<Choice | null> => {
    const release = await options.cached();
    return release !== null && isWhole(release) ? { from: 'cache', release } : null;
  };
  if (config.boot === 'cached') {
    const choice = await whole();
    if (choice !== null) return choice;
  }
  if ((await inTime) && (await greeted)) return { from: 'network', release: channelClient.head! };
  const choice = await whole();
  if (choice !== null) return choice;
  // With nothing of its own to run, a page is more patient with a socket that is open.
  if (await greeted) return { from: 'network', release: channelClient.head! };
  // It may have been a matter of milliseconds.
  if (channelClient.head !== undefined) return { from: 'network', release: channelClient.head };
  const release = await fetchRelease(options);
  return release === null ? { from: 'native', release: null } : { from: 'http', release };
}

/** Where there is no server to say what is new, the page itself or a file does. */
async function choosePlain(options: ChooseOptions): Promise<Choice> {
  const { config, isWhole } = options;
  const cached = await options.cached();
  const isHere = cached !== null && isWhole(cached);
  if (isHere && cached.hash === config.deploy?.manifest) return { from: 'cache', release: cached };
  const release = await fetchRelease(options);
  if (release === null)
    return isHere ? { from: 'cache', release: cached } : { from: 'native', release: null };
  if (cached?.hash === release.hash) return { from: isHere ? 'cache' : 'http', release };
  if (isMostlyNew(release.manifest, cached?.manifest)) await options.unpack(release);
  return { from: 'http', release };
}

/** Whether fetching all of a manifest's blobs at once is less than what it wastes. */
function isMostlyNew(manifest: Manifest, known: Manifest = EMPTY_MANIFEST): boolean {
  const held = new Set([...known.modules.values()].map(({ hash }) => hash));
  let total = 0;
  let fresh = 0;
  for (const { hash, size } of manifest.modules.values()) {
    total += size;
    if (!held.has(hash)) fresh += size;
  }
  return fresh * 2 > total;
}
