import { isIP } from 'node:net';

/** Who may talk to the server: decided by `Host` on every request, and by `Origin` besides on every upgrade. */
export interface Access {
  hostAllowed(host: string | undefined): boolean;
  /** Exact: the page's own server under the same host, or one that was named. Never `null`, never absent. */
  originAllowed(origin: string | undefined, host: string | undefined): boolean;
  /** Whether a page of another origin was named and may read what we serve. */
  crossOriginAllowed(origin: string | null): boolean;
  /** Whether any origin was named: then answers differ by `Origin`. */
  readonly crossOrigin: boolean;
}

function parseHost(host: string): { host: string; hostname: string } | undefined {
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined;
  try {
    const url = new URL(`http://${host}/`);
    return url.username === '' && url.pathname === '/'
      ? { host: url.host, hostname: url.hostname }
      : undefined;
  } catch {
    return undefined;
  }
}

/** An address needs no name server, so nobody can make it point elsewhere: only names can be rebound. */
const isAddress = (hostname: string): boolean => isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;

/**
 * @param hosts host names beside `localhost` and addresses, without ports
 * @param origins origins beside the server's own, `https://example.org`
 */
export function createAccess(hosts: readonly string[], origins: readonly string[]): Access {
  const names = new Set(['localhost', ...hosts.map((host) => host.toLowerCase())]);
  const named = new Set(origins.map((origin) => new URL(origin).origin));

  const hostAllowed: Access['hostAllowed'] = (host) => {
    const parsed = host === undefined ? undefined : parseHost(host);
    if (parsed === undefined) return false;
    return names.has(parsed.hostname) || parsed.hostname.endsWith('.localhost') || isAddress(parsed.hostname);
  };

  const originAllowed: Access['originAllowed'] = (origin, host) => {
    if (origin === undefined || host === undefined || !/^https?:\/\/[^/\s]+$/.test(origin)) return false;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    if (url.origin !== origin.toLowerCase()) return false;
    return named.has(url.origin) || (hostAllowed(host) && url.host === parseHost(host)?.host);
  };

  return {
    hostAllowed,
    originAllowed,
    crossOriginAllowed: (origin) => origin !== null && named.has(origin),
    crossOrigin: named.size > 0,
  };
}
