import { EMPTY_IMPORT_MAP } from '../../importmap/import-map.js';
import { createPageDeploy } from '../linking/page-deploy.js';
import type { Services } from '../services.js';

/**
 * Takes over a page that has started without the loader: follows the channel, and tells the page which deploy
 * it runs. Its modules go on as they are.
 */
export async function runDirect(services: Services): Promise<void> {
  const { config, connection, cached, page, events, outbox, problem } = services;
  const [own] = await cached;
  if (own === undefined) {
    page.settle({ pageDeploy: null, hot: undefined });
    problem('boot-failed', `the manifest of deploy ${config.deploy?.number} did not come`);
  } else {
    page.settle({
      pageDeploy: createPageDeploy({
        ...services,
        page: { scripts: [], importMaps: [] },
        native: { map: EMPTY_IMPORT_MAP, refresh() {}, loads: () => false },
        early: false,
        release: own,
        permitted: 'http',
        fetchMissing: false,
      }),
      hot: undefined,
    });
  }
  connection.connect();
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const boot = {
    from: own === undefined ? ('native' as const) : ('http' as const),
    // Module scripts have run when it begins.
    ms: navigation?.domContentLoadedEventStart ?? performance.now(),
    deploy: page.deploy,
  };
  page.booted(boot);
  events.emit('booted', boot);
  outbox.send({ type: 'booted', ...boot, bytes: connection.received });
}
