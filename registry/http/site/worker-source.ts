import { manifestOfUrl } from '../../../importmap/index.js';
import { pathFromUrl } from '../../../schema/index.js';
import { mediaType } from '../../content/media-type.js';
import type { DeployRequestContext } from './worker-options.js';
import { manifestFile } from './head-source.js';
import { isNavigation } from '../request/navigation.js';
import type { SiteSource } from './site-source.js';

export interface WorkerSourceContext extends Pick<
  DeployRequestContext,
  'base' | 'blobs' | 'history' | 'page'
> {}

/**
 * The files of the deploy that a worker runs, for what the worker requests at natural URLs: its URL names the
 * deploy, and browsers send it as `Referer` unless a policy forbids that. Undefined for other requests.
 */
export async function workerSource(
  { base, blobs, history, page }: WorkerSourceContext,
  { headers }: Request,
): Promise<SiteSource | undefined> {
  const referrer = headers.get('Referer') ?? '';
  const hash = manifestOfUrl(referrer);
  // While files are edited, those of the directory are newer than any deploy.
  if (hash === undefined || page.hot !== null || isNavigation(headers) || !URL.canParse(referrer))
    return undefined;
  const { pathname } = new URL(referrer);
  const path = pathname.startsWith(base) ? pathFromUrl(pathname.slice(base.length)) : undefined;
  // A page at such a URL is not of that deploy.
  if (path === undefined || mediaType(path) === 'text/html') return undefined;
  const manifest = await history.manifest(page.channel, hash);
  if (manifest === null || !manifest.modules.has(path)) return undefined;
  return { find: (name) => Promise.resolve(manifestFile(blobs, manifest, name)) };
}
