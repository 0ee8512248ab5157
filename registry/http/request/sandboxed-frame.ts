import { mediaType } from '../../content/media-type.js';

/** Request headers that `isOwnSandboxedFrame` reads, for `Vary`. */
export const SANDBOX_HEADERS = 'Origin, Referer, Sec-Fetch-Storage-Access';

/**
 * Whether a request comes from a document of this site that has an opaque origin: `<iframe sandbox>`, or a
 * policy with `sandbox`. To the browser it is cross-site, as a request of another site's page.
 *
 * No page sets these headers itself. Browsers send `Sec-Fetch-Storage-Access: inactive` with `Origin: null`
 * when the top-level page is of this site, or its user has given this site access to its cookies there.
 * Firefox and WebKit send a `Referer` instead: the root of the site, or the page. A style sheet of this site
 * may be one of another site's page.
 */
export function isOwnSandboxedFrame(headers: Headers): boolean {
  if (headers.get('Sec-Fetch-Site') !== 'cross-site') return false;
  const origin = headers.get('Origin');
  if (origin === 'null' && headers.get('Sec-Fetch-Storage-Access') === 'inactive') return true;
  return (
    isOwnPage(headers.get('Referer') ?? '', headers.get('Host')) && (origin === null || origin === 'null')
  );
}

/** Whether a URL is that of a page of this host, as far as its name tells. */
function isOwnPage(url: string, host: string | null): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, host: found, pathname } = new URL(url);
  if (!/^https?:$/.test(protocol) || username !== '' || found !== host) return false;
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  return !name.includes('.') || mediaType(name) === 'text/html';
}
