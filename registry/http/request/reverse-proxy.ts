/** What a reverse proxy says about the request that it passes on. */
export interface Forwarded {
  /** The host in the browser's request, with its port. */
  readonly host?: string;
  readonly scheme?: 'http' | 'https';
  /** What the proxy has removed from the start of the path, without a slash at its end. */
  readonly prefix?: string;
}

/** A header by its lower-case name. */
export type ReadHeader = (name: string) => string | null | undefined;

export interface ReverseProxyOptions {
  /** Where browsers find the site. Starts and ends with "/". */
  readonly base: string;
  /** Whether the proxy's headers are believed. */
  readonly trustProxy: boolean;
}

/** Proxies say `wss` for a socket. */
const SCHEMES: Readonly<Record<string, Forwarded['scheme']>> = {
  http: 'http',
  https: 'https',
  ws: 'http',
  wss: 'https',
};

/** The last of several values: the nearest proxy has added it. */
const last = (value: string | null | undefined): string | undefined =>
  value?.split(',').at(-1)!.trim() || undefined;

/** A parameter of the last element of `Forwarded` (RFC 7239). */
function parameter(header: string | null | undefined, name: string): string | undefined {
  const pairs = last(header)?.split(';') ?? [];
  for (const pair of pairs) {
    const [, key, quoted, plain] = /^\s*([\w-]+)=(?:"([^"]*)"|(\S*))\s*$/.exec(pair) ?? [];
    if (key?.toLowerCase() === name) return quoted ?? plain;
  }
  return undefined;
}

/** What the proxy says. Empty where it is not trusted: a page can set these headers in its own requests. */
export function readForwarded(header: ReadHeader, { trustProxy }: ReverseProxyOptions): Forwarded {
  if (!trustProxy) return {};
  const forwarded = header('forwarded');
  const host = last(header('x-forwarded-host')) ?? parameter(forwarded, 'host');
  const scheme =
    SCHEMES[(last(header('x-forwarded-proto')) ?? parameter(forwarded, 'proto') ?? '').toLowerCase()];
  const prefix = last(header('x-forwarded-prefix'));
  return {
    ...(host === undefined ? {} : { host }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(prefix === undefined ? {} : { prefix: prefix.replace(/\/+$/, '') }),
  };
}

/**
 * The path below the site's root. A proxy may pass on the path of the browser's request, or remove the base
 * from it. A path that starts with the base counts as the browser's, unless the proxy says that it has
 * removed the base.
 */
export function pathInSite(
  pathname: string,
  { base }: Pick<ReverseProxyOptions, 'base'>,
  { prefix }: Forwarded,
): string {
  const isWhole = `${prefix}/` !== base && pathname.startsWith(base);
  return isWhole ? pathname.slice(base.length - 1) : pathname;
}

/**
 * The request as the browser has sent it, at its path below the site's root. `X-Forwarded-Proto` is in it
 * only where it is to be believed. The same object for a server without a proxy.
 */
export function withoutProxy(request: Request, options: ReverseProxyOptions): Request {
  if (options.base === '/' && !options.trustProxy && !request.headers.has('X-Forwarded-Proto'))
    return request;
  const forwarded = readForwarded((name) => request.headers.get(name), options);
  const { host, scheme } = forwarded;
  const url = new URL(request.url);
  url.pathname = pathInSite(url.pathname, options, forwarded);
  if (scheme !== undefined) url.protocol = scheme;
  const headers = new Headers(request.headers);
  headers.delete('X-Forwarded-Proto');
  if (scheme !== undefined) headers.set('X-Forwarded-Proto', scheme);
  if (host !== undefined) {
    headers.set('Host', host);
    // A host without a port keeps the URL's.
    url.port = '';
    url.host = host;
  }
  return new Request(new Request(url, request), { headers });
}
