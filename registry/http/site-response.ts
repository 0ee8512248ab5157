import { mediaType } from '../content/media-type.js';
import type { Path } from '../../schema/index.js';
import { isReading, notAllowed, problem, redirect } from './answer.js';
import { deployResponse, type DeployRequestContext } from './deploy-request.js';
import { acceptsHtml } from './navigation.js';
import type { PageContext } from './page-context.js';
import { pageResponse } from './page-response.js';
import { parseRequestPath } from './request-path.js';
import { allowOwnUse } from './sniffing.js';
import type { SiteSource } from './site-source.js';

export interface SiteContext extends PageContext, DeployRequestContext {
  readonly source: SiteSource;
  /** The page that requests for HTML get at paths without a file. Null: none. */
  readonly single: Path | null;
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
    const ofDeploy = isReading(request) ? await deployResponse(context, request, headers) : undefined;
    return ofDeploy ?? (await findResponse(context, request, pathname, headers));
  } catch (error) {
    const known = UNREADABLE[(error as NodeJS.ErrnoException).code ?? ''];
    if (known === undefined) throw error;
    return problem(...known, clean);
  }
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
  const name = asked.directory ? `${asked.path}/index.html`.replace(/^\//, '') : asked.path;
  const found = await context.source.find(name);
  if (found === undefined || (found === 'directory' && asked.directory))
    return routeResponse(context, request, name, headers);
  if (!isReading(request)) return notAllowed(headers);
  if (found === 'directory') {
    const location = `${context.base}${pathname.slice(1)}/${new URL(request.url).search}`;
    return redirect(location, headers);
  }
  if (mediaType(name) === 'text/html')
    return pageResponse(context, request, found, { path: name, name }, headers);
  allowOwnUse(request, name, headers);
  return found.respond(request, headers);
}

/** A route of a single-page application. Null for other sites, and for requests that do not ask for HTML. */
async function routeResponse(
  context: SiteContext,
  request: Request,
  path: Path,
  headers: Headers,
): Promise<Response | null> {
  const { single, source } = context;
  if (single === null || !isReading(request) || !acceptsHtml(request.headers)) return null;
  const page = await source.find(single);
  if (page === undefined || page === 'directory') return null;
  return pageResponse(context, request, page, { path, name: single }, headers);
}
