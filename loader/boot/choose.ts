import { EMPTY_MANIFEST, isModuleType, type Manifest } from '../../schema/manifest.js';
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
  /** Deploys in the cache, the page's own first, when their blobs are in the pool. */
  readonly cached: Promise<readonly CachedDeploy[]>;
  /** Whether everything that the page starts from is in the pool. */
  readonly isWhole: (release: Release) => boolean;
  /** Fetches the blobs that a static export has packed for a release. */
  readonly fetchPacked: (release: Release) => Promise<void>;
}

/**
 * The rows of the fallback table, best first. A page whose HTML belongs to a deploy runs that one, as long as
 * it is here or can be fetched: its modules fit its HTML.
 */
export async function choose(options: ChooseOptions): Promise<Choice> {
  const { config, inTime, greeted } = options;
  const first = config.boot === 'cached' || !config.socket ? await ownCached(options) : null;
  if (first !== null) return first;
  if (!config.socket) return overHttp(options);
  if ((await inTime) && (await greeted)) {
    const choice = await fromNetwork(options);
    if (choice !== null) return choice;
  }
  const cached = await ownCached(options);
  if (cached !== null) return cached;
  // Without its own deploy in the cache, a page waits longer for an open socket.
  await greeted;
  return (await fromNetwork(options)) ?? overHttp(options);
}

/** The deploy that the page's HTML belongs to, if all of it is in the cache. */
async function ownCached({ config, cached, isWhole }: ChooseOptions): Promise<Choice | null> {
  const { deploy: own } = config;
  const found = (await cached).find(({ hash }) => hash === own?.manifest);
  // After a rollback two deploys have the same content. The page's number is the newer one.
  const release = found && { ...found, deploy: own!.number };
  return release !== undefined && isWhole(release) ? { from: 'cache', release } : null;
}

/** The head that the socket has brought; for a page of another deploy, that one if it can be fetched. */
async function fromNetwork(options: ChooseOptions): Promise<Choice | null> {
  const { config, channelClient } = options;
  const { head } = channelClient;
  if (head === undefined) return null;
  // Hot reload follows the head, and reloads the page for changed HTML.
  if (config.deploy === null || config.deploy.manifest === head.hash || config.hot !== null) {
    return { from: 'network', release: head };
  }
  const cached = await ownCached(options);
  if (cached !== null) return cached;
  const own = await fetchRelease(options);
  return { from: 'network', release: typeof own === 'string' ? head : own };
}

/** Without a socket, the page's own tag or a file names the deploy. */
async function overHttp(options: ChooseOptions): Promise<Choice> {
  const { config, isWhole } = options;
  const cached = await options.cached;
  const release = await fetchRelease(options);
  if (typeof release !== 'string') {
    const known = cached.find(({ hash }) => hash === release.hash);
    if (known !== undefined && isWhole(known)) {
      return { from: 'cache', release: { ...release, fusion: known.fusion } };
    }
    if (known !== undefined) return { from: 'http', release };
    // A server with a socket makes no packs for HTTP.
    if (!config.socket && isMostlyNew(release.manifest, cached[0]?.manifest))
      await options.fetchPacked(release);
    return { from: 'http', release };
  }
  // Offline, another deploy that is whole is better than none. Online, the site itself is better.
  const last = release === 'unreachable' ? cached.find(isWhole) : undefined;
  return last === undefined ? { from: 'native', release: null } : { from: 'cache', release: last };
}

/** Whether more than half of the modules' bytes are new here: then one pack of them all wastes little. */
function isMostlyNew(manifest: Manifest, known: Manifest = EMPTY_MANIFEST): boolean {
  const held = new Set([...known.modules.values()].map(({ hash }) => hash));
  let total = 0;
  let added = 0;
  for (const { hash, size, type } of manifest.modules.values()) {
    if (!isModuleType(type)) continue;
    total += size;
    if (!held.has(hash)) added += size;
  }
  return added * 2 > total;
}
