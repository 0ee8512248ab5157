import { deployUrl } from '../../importmap/deploy-url.js';
import { moduleAt } from '../../importmap/site.js';
import type { Release } from '../transport/channel-client.js';

/** The URL from which a worker of a release starts. The server has files that are no modules. */
export const workerUrlOf = (url: string, root: string, { manifest, hash }: Release): string =>
  moduleAt({ root, manifest }, url) === undefined ? url : deployUrl(url, hash);
