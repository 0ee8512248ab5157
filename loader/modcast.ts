import { deployUrl } from '../importmap/deploy-url.js';
import { naturalUrl } from '../importmap/site.js';
import { parsePath, pathToUrl } from '../schema/path.js';
import type { Modcast, ModcastEvents } from './api.js';
import { importModule } from './linking/import-module.js';
import { startOffline } from './offline/start-offline.js';
import type { Services } from './services.js';

const EVENTS: readonly (keyof ModcastEvents)[] = ['progress', 'booted', 'deploy', 'update', 'error'];

/** What the page finds as `modcast`. */
export function createModcast(services: Services): Modcast {
  const offline = startOffline(services);
  // Only who asks for it gets the error.
  offline.catch(() => {});
  const { config, events, topics, connection, channelClient, cacheWriter, page } = services;
  const urlOf = (path: string) => naturalUrl(config.root, parsePath(path));
  return {
    ready: page.ready,
    async import(path) {
      const { pageDeploy, hot } = await page.settled;
      const url = urlOf(path);
      if (pageDeploy === null) return importModule(url);
      if (hot !== undefined) return hot.newest(url);
      await pageDeploy.linker.ensure(url);
      return importModule(pageDeploy.resolver.name(url));
    },
    url(path) {
      const { release } = page;
      if (release === null) return urlOf(path);
      if (config.workers) return deployUrl(urlOf(path), release.hash);
      return `${config.prefix}deploys/${release.deploy}/at/${pathToUrl(parsePath(path))}`;
    },
    async prefetch(paths) {
      const { pageDeploy, hot } = await page.settled;
      await (hot ?? pageDeploy?.linker)?.prefetch([paths].flat().map(urlOf));
    },
    on(event, listener) {
      if (!EVENTS.includes(event))
        throw new TypeError(`no event "${event}": it is one of ${EVENTS.join(', ')}`);
      return events.on(event, listener);
    },
    channel: (topic) => ({
      send: (data = null) => connection.send({ type: 'message', topic, data }),
      on: (listener) => topics.on(topic, listener),
    }),
    stats() {
      const targets = page.pageDeploy?.linker.importTargets;
      return {
        boot: page.boot,
        modules: targets?.count ?? 0,
        bytes: { received: connection.received, used: targets?.bytes ?? 0 },
        deploy: channelClient.complete?.deploy ?? null,
        socket: connection.state,
      };
    },
    offline: async (options = {}) => (await offline).keep(options),
    unregister: async () => (await offline).unregister(),
    async idle() {
      await page.ready;
      await channelClient.idle();
      await page.hot?.idle();
      await cacheWriter.flush();
    },
  };
}
