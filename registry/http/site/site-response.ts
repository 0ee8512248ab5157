import { contentType, mediaType } from '../../content/media-type.js';
import { PAGE_HEADER, pathFromUrl, type Path } from '../../../schema/index.js';
import { answer, isReading, notAllowed, problem, redirect } from '../response/answer.js';
import { deployResponse } from './deploy-request.js';
import { acceptsHtml } from '../request/navigation.js';
import type { PageContext } from '../pages/page-context.js';
import { pageResponse } from '../pages/page-response.js';
import { parseRequestPath } from '../request/request-path.js';
import { allowOwnUse } from '../response/sniffing.js';
import { siteRoute } from './site-route.js';
import type { SiteSource } from './site-source.js';
import { workerFacade } from './worker-facade.js';
import type { DeployRequestContext } from './worker-options.js';
import { workerSource } from './worker-source.js';

export interface SiteContext extends PageContext, DeployRequestContext {
  readonly source: SiteSource;
  /** The page that requests for HTML get at paths without a file. Null: none. */
  readonly single: Path | null;
  /** No other handler answers: requests for HTML at a path without a file get the site's 404 page. */
  readonly isLast: boolean;
}

/** Statuses for a file that exists and cannot be opened, with messages. */
const UNREADABLE: Readonly<Record<string, readonly [status: number, message: string]>> = {
  EACCES: [403, 'The server has no permission to read this file.'],
  EPERM: [403, 'The server has no permission to read this file.'],
  EMFILE: [503, 'The server has too many open files.'],
  ENFILE: [503, 'The server has too many open files.'],
};

/** A file or page of the site. Null when the site has no such file: another handler may. */
export async function siteResponse(
  context: SiteContext,
  request: Request,
  pathname: string,
  headers: Headers,
): Promise<Response | null> {
  // A response that fails has set headers of the file.
  const clean = new Headers(headers);
  try {
    const ofDeploy = isReading(request)
      ? ((await deployResponse(context, request, headers)) ??
        (await workerFileResponse(context, request, pathname, clean)))
      : null;
    return ofDeploy ?? (await findResponse(context, request, pathname, headers));
  } catch (error) {
    const known = UNREADABLE[(error as NodeJS.ErrnoException).code ?? ''];
    if (known === undefined) throw error;
    return problem(...known, clean);
  }
}

/** The file at a natural URL, of the deploy that the worker runs which requests it. Null for any other. */
async function workerFileResponse(
  context: SiteContext,
  request: Request,
  pathname: string,
  headers: Headers,
): Promise<Response | null> {
  const source = await workerSource(context, request);
  if (source === undefined) return null;
  const own = { ...context, source, single: null, isLast: false };
  const response =
    (await facadeResponse(own, request, pathname, new Headers(headers))) ??
    (await findResponse(own, request, pathname, new Headers(headers)));
  // Another client gets another version at the same URL.
  response?.headers.append('Vary', 'Referer');
  response?.headers.set('Cache-Control', 'private, no-cache');
  return response;
}

/** For an `import()` in code that a worker evaluates from text. */
async function facadeResponse(
  { source, base }: SiteContext,
  request: Request,
  pathname: string,
  headers: Headers,
): Promise<Response | null> {
  const path = pathFromUrl(pathname.slice(1));
  const file = path === undefined ? undefined : await source.find(path);
  if (file === undefined) return null;
  const url = base + pathname.slice(1) + new URL(request.url).search;
  const bytes = await workerFacade(request, file, path!, url);
  if (bytes === undefined) return null;
  allowOwnUse(request, path!, headers);
  return answer(request, { bytes, type: contentType(path!), freshness: 'revalidate' }, headers);
}

async function findResponse(
  context: SiteContext,
  request: Request,
  pathname: string,
  headers: Headers,
): Promise<Response | null> {
  const asked = parseRequestPath(pathname);
  if (asked.state === 'malformed') return problem(400, 'Not a plain path.', headers);
  if (asked.state === 'hidden') return null;
  const shown = asked.directory ? `${asked.path}/index.html`.replace(/^\//, '') : asked.path;
  const route = await siteRoute(context.source, asked);
  if (route === undefined) return missingResponse(context, request, shown, headers);
  const isFile = route.kind === 'file' && route.name === shown;
  // A form may post to the clean URL of its page: another handler may take that.
  if (!isReading(request)) return isFile || context.isLast ? notAllowed(headers) : null;
  if (route.kind === 'redirect') {
    const path = context.base + pathname.slice(1);
    const location = route.slash === 'add' ? `${path}/` : path.slice(0, -1);
    return redirect(location + new URL(request.url).search, headers);
  }
  const { name, file } = route;
  if (mediaType(name) === 'text/html')
    return pageResponse(context, request, file, { path: shown, name }, headers);
  allowOwnUse(request, name, headers);
  return file.respond(request, headers);
}

/**
 * A path without a file: the page of a single-page application, or the site's 404 page. Null where it has
 * neither, and for requests that do not ask for HTML.
 */
async function missingResponse(
  context: SiteContext,
  request: Request,
  path: Path,
  headers: Headers,
): Promise<Response | null> {
  const { single, source, isLast } = context;
  if (!isReading(request) || !acceptsHtml(request.headers)) return null;
  const page = single === null ? undefined : await source.find(single);
  if (page !== undefined) return pageResponse(context, request, page, { path, name: single! }, headers);
  const notFound = isLast ? await source.find(NOT_FOUND_PAGE) : undefined;
  if (notFound === undefined) return null;
  const place = { path, name: NOT_FOUND_PAGE };
  const response = await pageResponse(context, unconditional(request), notFound, place, headers);
  return response === null ? null : asNotFound(response, asksForHeaders(request) ? 200 : 404);
}

/**
 * Whether the loader asks for the headers of the page in which it runs. Browsers list each response with
 * status 404 as an error in the console.
 */
const asksForHeaders = ({ method, headers }: Request): boolean =>
  method === 'HEAD' && headers.has(PAGE_HEADER);

/** Only the one in the root: hosts differ in whether they look for others. */
const NOT_FOUND_PAGE = '404.html';

/** A 404 is never "not modified", nor a part of a file. */
function unconditional(request: Request): Request {
  const headers = new Headers(request.headers);
  for (const name of ['If-None-Match', 'If-Modified-Since', 'If-Range', 'Range']) headers.delete(name);
  return new Request(request.url, { method: request.method, headers });
}

function asNotFound({ body, headers }: Response, status: 200 | 404): Response {
  for (const name of ['ETag', 'Last-Modified', 'Accept-Ranges']) headers.delete(name);
  // A cache must not take the answer for one to a request without `Modcast-Page`.
  if (status === 200) headers.set('Cache-Control', 'no-store');
  return new Response(body, { status, headers });
}
