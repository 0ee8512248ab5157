import { loadScript } from '../page/load-script.js';
import { trustedUrl } from '../page/policy.js';
import type { Services } from '../services.js';
import type { Offline } from './offline-api.js';

export interface OfflinePorts extends Pick<Services, 'config' | 'page' | 'channelClient' | 'cacheWriter'> {
  /** A URL of a script, also under Trusted Types. */
  readonly trustedUrl: (url: string) => string;
}

/** What the script of offline use sets. */
export type CreateOffline = (ports: OfflinePorts) => Offline;

/**
 * Loads the script of offline use once the page has loaded, where the server offers that, and registers the
 * service worker.
 *
 * @throws Error where it does not, or the page runs natively
 */
export async function startOffline(services: Services): Promise<Offline> {
  const { config, page } = services;
  await page.ready;
  let create: CreateOffline | undefined;
  if (!page.isNative) {
    if (document.readyState !== 'complete')
      await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    create = await loadScript(config, 'offline-page', config.offline);
  }
  if (create === undefined) throw new Error('modcast: the server offers no offline use to this page');
  return create({ ...services, trustedUrl });
}
