import { contentType, moduleKind } from '../content/media-type.js';
import type { Path } from '../../schema/index.js';

/** Request headers that decide whether a file may be run whatever its media type says. */
const DECIDING = 'Sec-Fetch-Site, Sec-Fetch-Dest, Referer';

/** Destinations for which `nosniff` refuses a file of another media type. */
const STRICT = /^(?:script|style|json|worker|sharedworker|serviceworker|audioworklet|paintworklet)$/;

/**
 * Leaves out `nosniff` where the site's own page uses a file as a script or style sheet: a classic script
 * `app` or `main.js.txt` runs from a server without that header, and a JSON module in a worker fails with it.
 * Other sites never get a file without it.
 */
export function allowOwnUse(request: Request, name: Path, headers: Headers): void {
  const kind = moduleKind(contentType(name));
  if (kind === 'javascript' || kind === 'css' || !/^(?:text|application)\//.test(contentType(name))) return;
  headers.append('Vary', DECIDING);
  const destination = request.headers.get('Sec-Fetch-Dest');
  if (destination !== null && !STRICT.test(destination)) return;
  if (isOwn(request)) headers.delete('X-Content-Type-Options');
}

/** Browsers send `Sec-Fetch-Site` to secure origins only. No page can choose either header. */
function isOwn(request: Request): boolean {
  const site = request.headers.get('Sec-Fetch-Site');
  if (site !== null) return site === 'same-origin';
  const referrer = request.headers.get('Referer');
  if (referrer === null || !URL.canParse(referrer)) return false;
  return new URL(referrer).host === (request.headers.get('Host') ?? new URL(request.url).host);
}
