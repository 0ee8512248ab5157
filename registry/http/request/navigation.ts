/** Headers by which libraries mark the requests of their scripts. */
const SCRIPT_HEADERS = [
  'HX-Request',
  'Turbo-Frame',
  'Turbolinks-Referrer',
  'X-Barba',
  'X-PJAX',
  'X-Turbo-Request-Id',
  'X-Up-Version',
];

const FETCH_HEADERS = ['Sec-Fetch-Dest', 'Sec-Fetch-Mode'];

/** The request headers that decide about a navigation, for `Vary`. */
export function navigationHeaders(headers: Headers): string {
  // A service worker sees `Accept`, and not these: what it has stored with `cache.addAll` would not match a
  // navigation if `Accept` were in `Vary`.
  if (headers.has('Sec-Fetch-Dest')) return FETCH_HEADERS.join(', ');
  return [...FETCH_HEADERS, 'Accept', 'X-Requested-With', ...SCRIPT_HEADERS].join(', ');
}

/**
 * Whether the answer becomes a document, so that it may contain the loader. `fetch`, XHR, a prefetch by
 * `<link>`, `cache.add`, `<object>` and `<embed>` get the file's bytes.
 *
 * Browsers send `Sec-Fetch-Dest` to secure origins only. Without it, `Accept` has to prefer HTML, and the
 * request must not say that it comes from a script.
 */
export function isNavigation(headers: Headers): boolean {
  const destination = headers.get('Sec-Fetch-Dest');
  if (destination === null) return prefersHtml(headers) && !isFromScript(headers);
  if (/^(?:document|iframe|frame)$/.test(destination)) return true;
  return destination === 'empty' && isPassedOn(headers);
}

/** Whether a service worker passes on a navigation with `fetch(event.request)`. */
function isPassedOn(headers: Headers): boolean {
  if (!prefersHtml(headers)) return false;
  const mode = headers.get('Sec-Fetch-Mode');
  // Chromium. No script can send this mode.
  if (mode === 'navigate') return true;
  // Firefox. Libraries that ask for HTML do so in mode `cors`, or without a `*` at the end.
  return mode === 'same-origin' && headers.get('Accept')!.includes('*/*') && !isFromScript(headers);
}

function isFromScript(headers: Headers): boolean {
  // Android's WebView sends the name of its app, `org.example.app`, with every request.
  const requestedWith = headers.get('X-Requested-With') ?? '.';
  return !requestedWith.includes('.') || SCRIPT_HEADERS.some((name) => headers.has(name));
}

/** The media types of `Accept` with their weights (RFC 9110, section 12.5.1), in their order. */
function acceptedTypes(headers: Headers): { readonly type: string; readonly weight: number }[] {
  return (headers.get('Accept') ?? '').split(',').map((item) => {
    const [type = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const written = parameters.find((parameter) => /^q\s*=/.test(parameter));
    return { type, weight: written === undefined ? 1 : Number(written.slice(written.indexOf('=') + 1)) };
  });
}

const isHtml = (type: string | undefined): boolean =>
  type === 'text/html' || type === 'application/xhtml+xml';

/** Whether HTML has the highest weight in `Accept`, and is first among equals. */
function prefersHtml(headers: Headers): boolean {
  let best: { readonly type: string; readonly weight: number } | undefined;
  for (const one of acceptedTypes(headers)) {
    if (one.type !== '' && one.weight > (best?.weight ?? 0)) best = one;
  }
  return isHtml(best?.type);
}

/** Whether a request names HTML in `Accept`, as navigations do. Scripts, images and `fetch` do not. */
export const acceptsHtml = (headers: Headers): boolean =>
  acceptedTypes(headers).some(({ type, weight }) => isHtml(type) && weight > 0);
