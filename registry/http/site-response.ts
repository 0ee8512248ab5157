import { mediaType } from '../content/media-type.js';
import { isReading, notAllowed, problem } from './answer.js';
import { pageResponse, type PageContext } from './page-response.js';
import { parseRequestPath } from './request-path.js';
import type { SiteSource } from './site-source.js';

/** A file or page of the site. Null when the site has no such file: another handler may. */
export async function siteResponse(
  context: PageContext & { readonly source: SiteSource },
  request: Request,
  pathname: string,
  headers: Headers,
): Promise<Response | null> {
  const asked = parseRequestPath(pathname);
  if (asked.state === 'malformed') return problem(400, 'Not a plain path.', headers);
  if (asked.state === 'hidden') return null;
  const name = asked.directory ? `${asked.path}/index.html`.replace(/^\//, '') : asked.path;
  const found = await context.source.find(name);
  if (found === undefined || (found === 'directory' && asked.directory)) return null;
  if (!isReading(request)) return notAllowed(headers);
  if (found === 'directory') {
    // Browsers cache a permanent redirect forever, but a directory may become a file.
    headers.set('Cache-Control', 'no-cache');
    headers.set('Location', `${new URL(request.url).pathname}/${new URL(request.url).search}`);
    return new Response(null, { status: 308, headers });
  }
  if (mediaType(name) === 'text/html') return pageResponse(context, request, found, name, headers);
  return found.respond(request, headers);
}
