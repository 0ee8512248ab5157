import { contentType, moduleKind } from '../../content/media-type.js';
import type { Path } from '../../../schema/index.js';

/** Destinations for which `nosniff` refuses a file of another media type. */
const STRICT = /^(?:script|style|json|worker|sharedworker|serviceworker|audioworklet|paintworklet)$/;

/**
 * Leaves out `nosniff` where the site's own page uses a file as a script or style sheet: a classic script
 * `app` or `main.js.txt` runs from a server without that header. Other sites never get a file without it.
 *
 * JSON has no `nosniff` unless the request says that it is another site's: with it, Firefox and WebKit refuse
 * a JSON module that a worker imports, and such a request may not say who sends it.
 */
export function allowOwnUse(request: Request, name: Path, headers: Headers): void {
  const type = contentType(name);
  const kind = moduleKind(type);
  const isJson = kind === 'json';
  if (kind === 'javascript' || kind === 'css') return;
  if (!isJson && !/^(?:text|application)\//.test(type)) return;
  headers.append('Vary', decidingHeaders(request, isJson));
  const destination = request.headers.get('Sec-Fetch-Dest');
  if (!isJson && destination !== null && !STRICT.test(destination)) return;
  // An origin that `--allow-origin` names.
  const isAllowed = isJson && headers.has('Access-Control-Allow-Origin');
  if (isAllowed || isOwn(request, isJson)) headers.delete('X-Content-Type-Options');
}

/** `Referer` differs from page to page, so caches are told of it only where it counts. */
function decidingHeaders({ headers }: Request, isJson: boolean): string {
  const site = headers.has('Sec-Fetch-Site') ? 'Sec-Fetch-Site' : 'Sec-Fetch-Site, Referer';
  return isJson ? site : `${site}, Sec-Fetch-Dest`;
}

/**
 * Browsers send `Sec-Fetch-Site` to secure origins only. No page can choose either header.
 *
 * @param unknown the answer for a request with neither
 */
function isOwn(request: Request, unknown: boolean): boolean {
  const site = request.headers.get('Sec-Fetch-Site');
  if (site !== null) return site === 'same-origin';
  const referrer = request.headers.get('Referer');
  if (referrer === null) return unknown;
  if (!URL.canParse(referrer)) return false;
  return new URL(referrer).host === (request.headers.get('Host') ?? new URL(request.url).host);
}
