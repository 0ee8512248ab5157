import { deployUrl } from '../../importmap/deploy-url.js';
import { pageBase } from '../page/native-document.js';
import type { Services } from '../services.js';
import { workerUrlOf } from './worker-url.js';
import { wrapWorkers } from './wrap-workers.js';

/**
 * Starts the page's module workers and worklets from the deploy that the page runs. Before that is settled,
 * it is the one that its HTML belongs to.
 */
export function startWorkersFromDeploy({ config, page }: Pick<Services, 'config' | 'page'>): void {
  const { root } = config;
  wrapWorkers(globalThis, {
    base: pageBase,
    workerUrl(url) {
      const { release } = page;
      if (page.isNative || !url.startsWith(root)) return url;
      if (release === null) return config.deploy === null ? url : deployUrl(url, config.deploy.manifest);
      return workerUrlOf(url, root, release);
    },
  });
}
