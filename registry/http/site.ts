import type { Path } from '../../schema/index.js';
import type { Head } from '../content/catalog.js';
import { mediaType } from '../content/media-type.js';
import { isReading, notAllowed, problem } from './answer.js';
import { page, type PageContext } from './page.js';
import { parseTarget } from './target.js';

/** A file of the site. */
export interface SiteEntry {
  /** Null when it has gone meanwhile. */
  bytes(): Promise<Uint8Array | null>;
  /** The file as it is; null when it has gone meanwhile. */
  respond(request: Request, headers: Headers): Promise<Response | null>;
  /** The deploy that the file is of, where it is of one. */
  readonly head?: Head;
}

/** Where the files of the site come from: its directory, or a deploy. */
export interface SiteSource {
  /** @param name a plain path, which may be of a file, of a directory or of nothing */
  find(name: Path): Promise<SiteEntry | 'directory' | undefined>;
}

/** Null for what the site does not have: another server's route may. */
export async function site(
  context: PageContext & { readonly source: SiteSource },
  request: Request,
  pathname: string,
  headers: Headers,
): Promise<Response | null> {
  const target = parseTarget(pathname);
  if (target.state === 'malformed') return problem(400, 'Not a plain path.', headers);
  if (target.state === 'hidden') return null;
  const name = target.directory ? `${target.path}/index.html`.replace(/^\//, '') : target.path;
  const found = await context.source.find(name);
  if (found === undefined || (found === 'directory' && target.directory)) return null;
  if (!isReading(request)) return notAllowed(headers);
  if (found === 'directory') {
    // Browsers keep a permanent redirect for good, and a directory may become a file.
    headers.set('Cache-Control', 'no-cache');
    headers.set('Location', `${new URL(request.url).pathname}/${new URL(request.url).search}`);
    return new Response(null, { status: 308, headers });
  }
  if (mediaType(name) === 'text/html') return page(context, request, found, name, headers);
  return found.respond(request, headers);
}
