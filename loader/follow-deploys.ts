import type { Services } from './services.js';

/**
 * Whether this tab was reloaded for a deploy before, in vain: a cache may answer with an old page. Without
 * storage, whether it was reloaded at all.
 */
function isTried(deploy: number): boolean {
  const key = 'modcast reload';
  try {
    const isSame = sessionStorage.getItem(key) === `${deploy}`;
    sessionStorage.setItem(key, `${deploy}`);
    return isSame;
  } catch {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return navigation?.type === 'reload';
  }
}

/**
 * Caches each deploy that has come whole, and tells the application about those that the page does not run.
 */
export function followDeploys({ config, events, channelClient, cacheWriter, page }: Services): void {
  /** A page that should follow its files, but whose script of hot reload did not load, is loaded again. */
  let served = config.hot?.deploy ?? Infinity;
  const reloadWithoutHot = () => {
    const deploy = channelClient.complete?.deploy ?? 0;
    if (page.boot === null || page.hot !== undefined || served >= deploy) return;
    served = deploy;
    const verdict = isTried(deploy) ? 'stopped reloading' : 'full reload';
    console.info(`modcast: ${verdict}: deploy ${deploy}: no hot reload`);
    if (verdict === 'full reload') location.reload();
  };
  let announced: number | null = null;
  channelClient.on('complete', ({ release, records }) => {
    reloadWithoutHot();
    // Another registry's deploys are not this site's.
    const stored =
      channelClient.isForeign || (config.direct && page.release?.hash !== release.hash)
        ? Promise.resolve()
        : cacheWriter.store(release, records);
    void stored.then(() => {
      // Blobs that are requested later complete the same deploy again, and so does a new connection.
      if (page.release?.hash === release.hash || announced === release.deploy) return;
      // Hot reload takes deploys in at once.
      if (page.hot !== undefined) return;
      announced = release.deploy;
      events.emit('deploy', { deploy: release.deploy, running: page.deploy });
    });
  });
  void page.ready.then(reloadWithoutHot);
}
