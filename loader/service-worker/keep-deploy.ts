import { pathFromUrl, pathToUrl } from '../../schema/path.js';
import type { KeepProgress, KeepRequest } from '../offline/messages.js';
import type { CachedDeploys, FoundDeploy } from './deploys.js';
import type { Files } from './files.js';
import type { Pages } from './pages.js';
import type { Requests } from './requests.js';

export interface KeepOptions {
  /** URL of the site's root. */
  readonly root: string;
  /** Whether the server's files are newer than those of a deploy, and may be in none. */
  readonly watches: boolean;
  readonly deploys: Pick<CachedDeploys, 'find' | 'refresh'>;
  readonly files: Pick<Files, 'keep'>;
  readonly pages: Pick<Pages, 'keep'>;
  readonly requests: Pick<Requests, 'isScript' | 'isModule' | 'keep'>;
  readonly report: (progress: KeepProgress) => void;
}

/** Requests at a time. */
const PARALLEL = 6;

/** Keeps what a page has used, or its whole deploy, so that the page runs without the server. */
export async function keepDeploy(request: KeepRequest, options: KeepOptions): Promise<void> {
  const { root, report } = options;
  // The page has stored more since, unless its database fails.
  await options.deploys.refresh().catch(() => {});
  const deploy = await options.deploys.find(request);
  const all = request.all && deploy !== undefined ? pathsOf(deploy).map((path) => root + path) : [];
  const wanted = [request.page, ...request.used, ...all].map((url) => url.replace(/#.*/s, ''));
  const urls = [...new Set(wanted)].filter((url) => url.startsWith(root));
  const total = urls.length;
  const progress = { done: 0, total, failed: 0 };
  report({ ...progress });
  const next = async (): Promise<void> => {
    for (let url = urls.shift(); url !== undefined; url = urls.shift()) {
      const isKept = await keepUrl(url, request, deploy, options).catch(() => false);
      if (!isKept) progress.failed++;
      progress.done++;
      report({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, next));
}

async function keepUrl(
  url: string,
  { manifest, page, all }: KeepRequest,
  deploy: FoundDeploy | undefined,
  { root, watches, files, pages, requests }: KeepOptions,
): Promise<boolean> {
  if (requests.isScript(url)) return requests.keep(url, null);
  if (requests.isModule(url)) return requests.keep(url, manifest);
  if (url === page.replace(/#.*/s, '') || isPage(deploy, url.slice(root.length))) {
    // A script may fetch it as a file.
    const isFileKept = !all || deploy === undefined || (await files.keep(url, deploy, all));
    return (await pages.keep(url, manifest)) && isFileKept;
  }
  if (watches && !url.includes('modcast=')) return requests.keep(url, manifest);
  return deploy === undefined || files.keep(url, deploy, all);
}

/** The deploy's paths as in URLs, those of directories without `index.html`. */
const pathsOf = ({ manifest }: FoundDeploy): string[] =>
  [...manifest.modules.keys()].map((path) => pathToUrl(path).replace(/(^|\/)index\.html$/, '$1'));

/** @param place a path of `pathsOf` */
function isPage(deploy: FoundDeploy | undefined, place: string): boolean {
  if (deploy === undefined) return false;
  const path = pathFromUrl(place === '' || place.endsWith('/') ? `${place}index.html` : place);
  return path !== undefined && deploy.manifest.modules.get(path)?.type === 'text/html';
}
