import { isIP } from 'node:net';

/**
 * Which hosts and origins may use the server: `Host` is checked on every request, `Origin` on every upgrade.
 */
export interface Access {
  hostAllowed(host: string | undefined): boolean;
  /**
   * Whether the origin is that of the server under the same host, or an allowed one. Exact. Never `null` or
   * absent.
   *
   * @param scheme of the browser's request, where a trusted proxy has said it. Else the origin's may be any
   */
  originAllowed(origin: string | undefined, host: string | undefined, scheme?: 'http' | 'https'): boolean;
  /** Whether another origin is allowed to read responses. */
  crossOriginAllowed(origin: string | null): boolean;
  /** Whether any origin is allowed: then responses vary by `Origin`. */
  readonly crossOrigin: boolean;
}

function parseHost(host: string, scheme = 'http'): { host: string; hostname: string } | undefined {
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined;
  try {
    const url = new URL(`${scheme}://${host}/`);
    return url.username === '' && url.pathname === '/'
      ? { host: url.host, hostname: url.hostname }
      : undefined;
  } catch {
    return undefined;
  }
}

/** DNS rebinding needs a name, so addresses are safe. */
const isAddress = (hostname: string): boolean => isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;

/** Whether the page that sent a request may use the server. False without an `Origin`. */
export function isAllowedPage(access: Access, request: Request): boolean {
  const { headers, url } = request;
  const scheme = headers.get('X-Forwarded-Proto');
  return access.originAllowed(
    headers.get('Origin') ?? undefined,
    headers.get('Host') ?? new URL(url).host,
    // Without a trusted proxy, the header has been removed.
    scheme === 'http' || scheme === 'https' ? scheme : undefined,
  );
}

/**
 * @param hosts allowed host names besides `localhost` and addresses, without ports
 * @param origins allowed origins besides the server's own, such as `https://example.org`
 */
export function createAccess(hosts: readonly string[], origins: readonly string[]): Access {
  const names = new Set(['localhost', ...hosts.map((host) => host.toLowerCase())]);
  const named = new Set(origins.map((origin) => new URL(origin).origin));

  const hostAllowed: Access['hostAllowed'] = (host) => {
    const parsed = host === undefined ? undefined : parseHost(host);
    if (parsed === undefined) return false;
    return names.has(parsed.hostname) || parsed.hostname.endsWith('.localhost') || isAddress(parsed.hostname);
  };

  const originAllowed: Access['originAllowed'] = (origin, host, scheme) => {
    if (origin === undefined || host === undefined || !/^https?:\/\/[^/\s]+$/.test(origin)) return false;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    if (url.origin !== origin.toLowerCase()) return false;
    if (named.has(url.origin)) return true;
    if (scheme !== undefined && url.protocol !== `${scheme}:`) return false;
    return hostAllowed(host) && url.host === parseHost(host, scheme)?.host;
  };

  return {
    hostAllowed,
    originAllowed,
    crossOriginAllowed: (origin) => origin !== null && named.has(origin),
    crossOrigin: named.size > 0,
  };
}
