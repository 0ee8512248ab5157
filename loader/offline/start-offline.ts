import { loadScript } from '../page/load-script.js';
import { trustedUrl } from '../page/policy.js';
import type { Services } from '../services.js';
import type { Offline } from './offline-api.js';

export interface OfflinePorts extends Pick<Services, 'config' | 'page' | 'channelClient' | 'cacheWriter'> {
  /** A URL of a script, also under Trusted Types. */
  readonly trustedUrl: (url: string) => string;
}

declare global {
  /** For a moment, while the script of offline use loads. */
  var __modcast_offline__: ((ports: OfflinePorts) => Offline) | undefined;
}

/**
 * Loads the script of offline use once the page has loaded, where the server offers that, and registers the
 * service worker.
 *
 * @throws Error where it does not, or the page runs natively
 */
export async function startOffline(services: Services): Promise<Offline> {
  const { config, page } = services;
  await page.ready;
  if (config.offline !== null && !page.isNative) {
    if (document.readyState !== 'complete')
      await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    await loadScript(config, 'offline-page', config.offline);
  }
  const create = globalThis.__modcast_offline__;
  globalThis.__modcast_offline__ = undefined;
  if (create === undefined) throw new Error('modcast: the server offers no offline use to this page');
  return create({ ...services, trustedUrl });
}
