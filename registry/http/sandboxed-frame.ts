/** Request headers that `isOwnSandboxedFrame` reads, for `Vary`. */
export const SANDBOX_HEADERS = 'Origin, Referer, Sec-Fetch-Storage-Access';

/**
 * Whether a request comes from a document of this site that has an opaque origin: `<iframe sandbox>`, or a
 * policy with `sandbox`. To the browser it is cross-site, as a request of another site's page.
 *
 * No page sets these headers itself. Browsers send `Sec-Fetch-Storage-Access: inactive` with `Origin: null`
 * when the top-level page is of this site, or its user has given this site access to its cookies there.
 * Firefox also sends a `Referer`, which for such a document is the root of its site; that of a style sheet
 * has a path.
 */
export function isOwnSandboxedFrame(headers: Headers): boolean {
  if (headers.get('Sec-Fetch-Site') !== 'cross-site') return false;
  const origin = headers.get('Origin');
  if (origin === 'null' && headers.get('Sec-Fetch-Storage-Access') === 'inactive') return true;
  const host = headers.get('Host');
  const isFromRoot = [`http://${host}/`, `https://${host}/`].includes(headers.get('Referer') ?? '');
  return isFromRoot && (origin === null || origin === 'null');
}
