import { ModcastError } from '../../schema/index.js';
import { DEFAULT_PREFIX } from '../options.js';

/** @param hostname as in a URL: `[::1]` */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname);

/** Adds the scheme to `host`, `host:8000` or `host/prefix/`: http on this machine, else https. */
function withScheme(text: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text) || !/^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d+)?(?:\/|$)/i.test(text)) {
    return text;
  }
  const url = `http://${text}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname) ? url : `https://${text}`;
}

/**
 * The URL of a registry's routes, with the default prefix when `text` is only an origin.
 * @throws ModcastError `option-invalid`
 */
export function registryUrl(text: string): URL {
  const whole = withScheme(text.trim());
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search + url.hash !== ''
  ) {
    const message = `invalid registry URL ${text}; expected https://host, or https://host/prefix/`;
    throw new ModcastError('option-invalid', message, {
      expected: 'https://host, or https://host/prefix/',
      found: text,
    });
  }
  if (url.pathname === '/') url.pathname = DEFAULT_PREFIX;
  else if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
