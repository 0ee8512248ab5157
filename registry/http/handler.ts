import type { Path } from '../../schema/index.js';
import type { Access } from '../auth/allowed-origins.js';
import type { PublishRoutes } from '../publish/publish-routes.js';
import { isReading, notAllowed, problem, redirect } from './response/answer.js';
import type { EditorRoute } from './routes/editor.js';
import type { FailureReportRoute } from './routes/failure-report.js';
import type { PageContext } from './pages/page-context.js';
import { registryResponse, type RegistryContext } from './routes/registry-response.js';
import {
  pathInSite,
  readForwarded,
  withoutProxy,
  type ReverseProxyOptions,
} from './request/reverse-proxy.js';
import { SANDBOX_HEADERS, isOwnSandboxedFrame } from './request/sandboxed-frame.js';
import { siteResponse } from './site/site-response.js';
import type { SiteSource } from './site/site-source.js';

export interface HandlerOptions extends PageContext, RegistryContext, ReverseProxyOptions {
  readonly access: Access;
  /** Null when another server serves the site. */
  readonly site: SiteSource | null;
  /** The page for routes of a single-page application. */
  readonly single: Path | null;
  readonly publish: PublishRoutes;
  /** Null when the directory is not watched. */
  readonly editor: EditorRoute | null;
  readonly failureReport: FailureReportRoute;
}

/**
 * Answers a request. Null when neither the registry nor the site has such a URL.
 *
 * @param policies those in headers that the response gets besides, as `policiesOfHeaders` returns them
 * @param isLast whether no other handler may answer. Default false. Then a request for HTML at a path
 *   without a file gets the site's `404.html`
 */
export type Handler = (
  request: Request,
  policies?: readonly string[],
  isLast?: boolean,
) => Promise<Response | null>;

export function createHandler(options: HandlerOptions): Handler {
  const { access, prefix, base } = options;
  return async (received, policies = [], isLast = false) => {
    const request = withoutProxy(received, options);
    const url = new URL(request.url);
    const isRegistry = url.pathname.startsWith(prefix);
    if (!isRegistry && options.site === null) return null;
    const headers = baseHeaders(request, access);
    // Both hosts: a page that has reached this server by DNS rebinding can send the headers of a proxy.
    const refused = [received, request].map(hostOf).find((host) => !access.hostAllowed(host));
    if (refused !== undefined) {
      const name = refused.replace(/:\d*$/, '').replace(/[^\w.:[\]-]/g, '?');
      const message = `The host name ${name} is not allowed: start with --allow-host ${name} to allow it.`;
      return problem(403, message, headers);
    }
    if (isReading(request) && lacksSlash(received, options)) return redirect(base + url.search, headers);
    if (!isRegistry) {
      const context = { ...options, source: options.site!, policies, isLast };
      return siteResponse(context, request, url.pathname, headers);
    }
    const rest = url.pathname.slice(prefix.length);
    if (rest.startsWith('publish/')) return options.publish(request, rest.slice('publish/'.length), headers);
    if (rest === 'editor' && options.editor !== null) return options.editor(request, headers);
    if (rest === 'failed') return options.failureReport(request, headers);
    if (!isReading(request)) return notAllowed(headers);
    return registryResponse(options, request, rest, headers);
  };
}

/** Whether the browser has asked for the base without the slash at its end. */
function lacksSlash({ url, headers }: Request, options: ReverseProxyOptions): boolean {
  const forwarded = readForwarded((name) => headers.get(name), options);
  return options.base !== '/' && pathInSite(`${new URL(url).pathname}/`, options, forwarded) === '/';
}

const hostOf = ({ headers, url }: Request): string => headers.get('Host') ?? new URL(url).host;

function baseHeaders(request: Request, access: Access): Headers {
  const headers = new Headers({ 'X-Content-Type-Options': 'nosniff' });
  const origin = request.headers.get('Origin');
  // Also without an Origin header: a cache must not mix up the two responses.
  if (access.crossOrigin) headers.set('Vary', 'Origin');
  if (access.crossOriginAllowed(origin)) {
    headers.set('Access-Control-Allow-Origin', origin!);
    headers.set('Access-Control-Expose-Headers', 'ETag, Modcast-Deploy, Modcast-Fusion');
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
  } else if (isOwnSandboxedFrame(request.headers)) {
    headers.append('Vary', SANDBOX_HEADERS);
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
  } else {
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  }
  return headers;
}
