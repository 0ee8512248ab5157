import type { Hash } from '../../schema/hash.js';
import { PAGE_HEADER, parsePageHeader, type PageHeader } from '../../schema/page-header.js';
import type { OfflineConfig } from './offline-config.js';
import type { KeptFiles, KeptResponse, TabDeploy } from './kept-files.js';
import { keptHeaders } from './responses.js';
import { otherSlash, pageKey } from './page-key.js';
import type { FetchEvent } from './scope.js';

export interface PagesOptions {
  readonly config: Pick<OfflineConfig, 'registry' | 'root' | 'single'>;
  readonly origin: string;
  readonly kept: Promise<Pick<KeptFiles, 'response' | 'putResponse'>>;
  readonly fetch: typeof globalThis.fetch;
  /** Called with the client and deploy of each page. The promise may be ignored. */
  readonly onPage: (client: string, deploy: TabDeploy) => Promise<void>;
  /** Another server is at this origin, or it no longer offers this. */
  readonly onForeign: () => void;
  /** A page that may be another server's. */
  readonly onUnknown: () => Promise<void>;
}

/** Answers of a proxy whose server is away. */
const AWAY = new Set([502, 503, 504]);

/** Pages come from the server. While it is away, a page that was visited comes from the database. */
export class Pages {
  readonly #options: PagesOptions;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** The answer to a navigation. @throws TypeError as natively when the server is away and no page is here */
  async navigate(event: FetchEvent): Promise<Response> {
    const key = pageKey(event.request.url);
    try {
      const response = (await event.preloadResponse) ?? (await this.#options.fetch(event.request));
      const kept = AWAY.has(response.status) ? await this.#away(key, event) : undefined;
      if (kept !== undefined) return kept;
      this.#see(event, key, response);
      return response;
    } catch (error) {
      const kept = await this.#away(key, event).catch(() => undefined);
      if (kept === undefined) throw error;
      return kept;
    }
  }

  /** Requests and keeps a page. @returns false where it is not of that deploy, or not a page */
  async keep(url: string, manifest: Hash): Promise<boolean> {
    const known = await (await this.#options.kept).response(pageKey(url));
    if (known?.manifest === manifest) return true;
    const response = await this.#options.fetch(url, {
      mode: 'same-origin',
      headers: { Accept: 'text/html,*/*;q=0.8' },
      cache: 'no-cache',
    });
    const page = parsePageHeader(response.headers.get(PAGE_HEADER));
    if (!mayKeep(response) || page?.manifest !== manifest) return false;
    await this.#store(pageKey(url), page, response);
    return true;
  }

  /** Notes which deploy the page has, and keeps it. Nothing here may hold up the page. */
  #see(event: FetchEvent, url: string, response: Response): void {
    const { config, onPage, onForeign, onUnknown } = this.#options;
    const page = parsePageHeader(response.headers.get(PAGE_HEADER));
    if (page === undefined) {
      const isPage = /^text\/html\b/i.test(response.headers.get('Content-Type') ?? '');
      if (isPage) event.waitUntil(onUnknown());
    } else if (page.registry !== config.registry || page.offline === 'off') onForeign();
    else {
      event.waitUntil(onPage(event.resultingClientId, deployOf(page)).catch(() => {}));
      if (mayKeep(response))
        event.waitUntil(this.#keepUnlessSame(url, page, response.clone()).catch(() => {}));
    }
  }

  async #keepUnlessSame(url: string, page: PageHeader, response: Response): Promise<void> {
    const known = await (await this.#options.kept).response(url);
    const tag = response.headers.get('ETag');
    if (known?.manifest === page.manifest && tag !== null && tag === headerOf(known, 'etag'))
      return response.body?.cancel();
    await this.#store(url, page, response);
  }

  async #store(url: string, { manifest }: PageHeader, response: Response): Promise<void> {
    const headers = keptHeaders(response);
    const body = new Uint8Array(await response.arrayBuffer());
    await (await this.#options.kept).putResponse({ url, manifest, headers, body });
  }

  /** The answer without the server, by the same routes: see docs/routes.md. */
  async #away(key: string, event: FetchEvent): Promise<Response | undefined> {
    const { config, origin } = this.#options;
    const path = key.replace(/\?.*/s, '');
    const found = (await this.#kept(key, event)) ?? (await this.#kept(path, event));
    if (found !== undefined) return found;
    const other = otherSlash(key);
    if (other !== undefined && (await (await this.#options.kept).response(other)) !== undefined)
      return Response.redirect(other + key.slice(path.length));
    const root = origin + config.root;
    if (config.single !== null) return this.#kept(pageKey(root + config.single), event);
    const missing = await this.#kept(`${root}404`, event);
    return missing && new Response(missing.body, { status: 404, headers: missing.headers });
  }

  async #kept(key: string, event: FetchEvent): Promise<Response | undefined> {
    const page = await (await this.#options.kept).response(key);
    const header = page && parsePageHeader(headerOf(page, PAGE_HEADER.toLowerCase()) ?? null);
    if (header === undefined) return undefined;
    event.waitUntil(this.#options.onPage(event.resultingClientId, deployOf(header)).catch(() => {}));
    return toResponse(page!);
  }
}

/** A page that its server wants to be stored nowhere is not kept, and neither is one of another URL. */
const mayKeep = ({ ok, redirected, headers }: Response): boolean =>
  ok && !redirected && !/\bno-store\b/i.test(headers.get('Cache-Control') ?? '');

export const toResponse = ({ body, headers }: KeptResponse): Response =>
  new Response(body, { headers: headers as [string, string][] });

const deployOf = ({ manifest, deploy: number }: PageHeader): TabDeploy => ({ manifest, number });

const headerOf = ({ headers }: KeptResponse, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1];
