import { EMPTY_IMPORT_MAP } from '../../importmap/import-map.js';
import { reportBooted } from '../boot/report-booted.js';
import { createPageDeploy } from '../linking/page-deploy.js';
import type { Services } from '../services.js';

/**
 * Takes over a page that has started without the loader: follows the channel, and tells the page which deploy
 * it runs. Its modules go on as they are.
 */
export async function runDirect(services: Services): Promise<void> {
  const { config, connection, cached, page, problem } = services;
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
  reportBooted(services, {
    from: own === undefined ? 'native' : 'http',
    // Module scripts have run when it begins.
    ms: navigation?.domContentLoadedEventStart ?? performance.now(),
    deploy: page.deploy,
  });
}
