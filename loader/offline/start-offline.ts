import { loadScript } from '../page/load-script.js';
import { trustedUrl } from '../page/policy.js';
import type { Services } from '../services.js';
import { removalChannel } from './messages.js';
import type { Offline } from './offline-api.js';

export interface OfflinePorts extends Pick<Services, 'config' | 'page' | 'channelClient' | 'cacheWriter'> {
  /** A URL of a script, also under Trusted Types. */
  readonly trustedUrl: (url: string) => string;
  /** Open since the loader runs: a page that is still loading is told too. */
  readonly removal: Removal;
}

/** What becomes of offline use in other tabs while this page starts it. */
export interface Removal {
  /** Whether a page has removed it since this one began to load. */
  has: boolean;
  /** Nothing is heard from now on. */
  close(): void;
}

/** What the script of offline use sets. */
export type CreateOffline = (ports: OfflinePorts) => Offline;

/** Milliseconds after which offline use starts in a page that is never idle. */
const BUSY_MS = 3000;

/** Resolves when the page has nothing else to do. WebKit does not tell. */
const idle = (): Promise<unknown> =>
  new Promise((resolve) => {
    if (globalThis.requestIdleCallback === undefined) setTimeout(resolve, 200);
    else requestIdleCallback(resolve, { timeout: BUSY_MS });
  });

/**
 * Loads the script of offline use once the page has loaded and is idle, where the server offers that, and
 * registers the service worker.
 *
 * @throws Error where it does not, or the page runs natively
 */
export async function startOffline(services: Services): Promise<Offline> {
  const { config, page } = services;
  const removal = config.offline === null ? undefined : listenForRemoval(config.root);
  await page.ready;
  let create: CreateOffline | undefined;
  if (!page.isNative) {
    if (document.readyState !== 'complete')
      await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    await idle();
    create = await loadScript(config, 'offline-page', config.offline);
  }
  if (create === undefined || removal === undefined)
    throw new Error('modcast: the server offers no offline use to this page');
  return create({ ...services, trustedUrl, removal });
}

function listenForRemoval(root: string): Removal {
  const channel = new BroadcastChannel(removalChannel(root));
  const removal: Removal = { has: false, close: () => channel.close() };
  channel.onmessage = () => void (removal.has = true);
  return removal;
}
