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
  followConnections(services);
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  reportBooted(services, {
    from: own === undefined ? 'native' : 'http',
    // Module scripts have run when it begins.
    ms: navigation?.domContentLoadedEventStart ?? performance.now(),
    deploy: page.deploy,
  });
}

/**
 * A server that was started again may not have what this page imports later. The browser's errors do not say
 * why it does not come.
 */
function followConnections({ config, connection, channelClient, problem }: Services): void {
  const { number, fusion } = config.deploy!;
  let isAgain = false;
  let isGone = false;
  connection.on('closed', () => (isAgain = true));
  channelClient.on('head', () => {
    if (!isAgain || isGone) return;
    isAgain = false;
    void fetch(`${config.prefix}blobs/${fusion}`, { method: 'HEAD', cache: 'no-store' }).then(
      ({ status }) => {
        if (isGone || (status !== 401 && status !== 404)) return;
        isGone = true;
        problem(
          'deploy-gone',
          `the server has deploy ${number} no more; reload the page to import more of it`,
        );
      },
      // The server has gone again.
      () => {},
    );
  });
}
