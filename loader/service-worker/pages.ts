import type { Hash } from '../../schema/hash.js';
import { PAGE_HEADER, parsePageHeader, type PageHeader } from '../../schema/page-header.js';
import type { OfflineConfig } from './offline-config.js';
import type { KeptFiles, KeptResponse, TabDeploy } from './kept-files.js';
import { keptHeaders, mayKeep } from './responses.js';
import { otherSlash, pageKey } from './page-key.js';
import type { FetchEvent } from './scope.js';

export interface PagesOptions {
  readonly config: Pick<OfflineConfig, 'registry' | 'root' | 'prefix' | 'single'>;
  readonly origin: string;
  readonly kept: Pick<KeptFiles, 'response' | 'putResponse' | 'deleteResponse'>;
  readonly fetch: typeof globalThis.fetch;
  /** Called with the client and deploy of each page. The promise may be ignored. */
  readonly onPage: (client: string, deploy: TabDeploy) => Promise<void>;
  /** Another server is at this origin, or it no longer offers this, or has another service worker. */
  readonly onForeign: () => void;
  /** A page that may be another server's. */
  readonly onUnknown: () => Promise<void>;
  /** Keeps a module of a page. @returns false where it could not be fetched */
  readonly keepModule: (url: string, manifest: Hash) => Promise<boolean>;
  /** A file of the newest deploy that is here: the browser shows images and texts as pages. */
  readonly file: (request: Request) => Promise<Response | undefined>;
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
      const kept = AWAY.has(response.status)
        ? await this.#away(key, event).catch(() => undefined)
        : undefined;
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
    const known = await this.#options.kept.response(pageKey(url));
    if (known?.manifest === manifest) return true;
    const response = await this.#options.fetch(url, {
      mode: 'same-origin',
      headers: { Accept: 'text/html,*/*;q=0.8' },
      cache: 'no-cache',
    });
    const page = parsePageHeader(response.headers.get(PAGE_HEADER));
    if (!mayKeep(response) || page?.manifest !== manifest) return false;
    return this.#store(pageKey(url), page, response);
  }

  /** Notes which deploy the page has, and keeps it. Nothing here may hold up the page. */
  #see(event: FetchEvent, url: string, response: Response): void {
    const { config, onPage, onForeign, onUnknown } = this.#options;
    const page = parsePageHeader(response.headers.get(PAGE_HEADER));
    if (page === undefined) {
      const isPage = /^text\/html\b/i.test(response.headers.get('Content-Type') ?? '');
      // A server that is being repaired, or wants a login, is no other one.
      if (isPage && (response.ok || response.status === 404)) event.waitUntil(onUnknown().catch(() => {}));
      return;
    }
    // A site below this one has a registry of its own.
    if (page.root !== config.root) return;
    const isOwn = page.registry === config.registry && page.prefix === config.prefix;
    if (!isOwn || page.offline === 'off') return onForeign();
    const deploy = { ...deployOf(page), embedder: response.headers.get('Cross-Origin-Embedder-Policy') };
    event.waitUntil(onPage(event.resultingClientId, deploy).catch(() => {}));
    const work = mayKeep(response)
      ? this.#keepUnlessSame(url, page, response.clone())
      : this.#forget(url, response);
    event.waitUntil(work.catch(() => {}));
  }

  /** An older copy of a page that must not be stored any more. */
  async #forget(url: string, { ok }: Response): Promise<void> {
    if (ok) await this.#options.kept.deleteResponse(url);
  }

  async #keepUnlessSame(url: string, page: PageHeader, response: Response): Promise<void> {
    const known = await this.#options.kept.response(url);
    const tag = response.headers.get('ETag');
    if (known?.manifest === page.manifest && tag !== null && tag === headerOf(known, 'etag'))
      return response.body?.cancel();
    await this.#store(url, page, response);
  }

  /** @returns false where a page that starts without the loader cannot be kept with its modules */
  async #store(url: string, { manifest }: PageHeader, response: Response): Promise<boolean> {
    const { kept, origin, keepModule } = this.#options;
    const headers = keptHeaders(response);
    const body = new Uint8Array(await response.arrayBuffer());
    const modules = preloadsOf(new TextDecoder('latin1').decode(body));
    const areKept = await Promise.all(modules.map((module) => keepModule(origin + module, manifest)));
    if (areKept.includes(false)) return false;
    await kept.putResponse({ url, manifest, headers, body });
    return true;
  }

  /** The answer without the server, by the same routes: see docs/routes.md. */
  async #away(key: string, event: FetchEvent): Promise<Response | undefined> {
    const { config, origin } = this.#options;
    const path = key.replace(/\?.*/s, '');
    const found = (await this.#kept(key, event)) ?? (await this.#kept(path, event));
    if (found !== undefined) return found;
    const other = otherSlash(key);
    if (other !== undefined && (await this.#options.kept.response(other)) !== undefined)
      return Response.redirect(other + key.slice(path.length));
    const file = await this.#options.file(event.request).catch(() => undefined);
    if (file !== undefined) return file;
    const root = origin + config.root;
    if (config.single !== null) return this.#kept(pageKey(root + config.single), event);
    const missing = await this.#kept(`${root}404`, event);
    return missing && new Response(missing.body, { status: 404, headers: missing.headers });
  }

  async #kept(key: string, event: FetchEvent): Promise<Response | undefined> {
    const page = await this.#options.kept.response(key);
    const header = page && parsePageHeader(headerOf(page, PAGE_HEADER.toLowerCase()) ?? null);
    if (header === undefined) return undefined;
    const embedder = headerOf(page!, 'cross-origin-embedder-policy') ?? null;
    const deploy = { ...deployOf(header), embedder };
    event.waitUntil(this.#options.onPage(event.resultingClientId, deploy).catch(() => {}));
    return toResponse(page!);
  }
}

/** What a page that starts without the loader preloads. A page with the loader has no such list. */
function preloadsOf(html: string): string[] {
  const tag = /<script data-modcast-direct="[^>]*>/.exec(html)?.[0] ?? '';
  return [...tag.matchAll(/ data-(?:preloads|others)='([^']*)'/g)].flatMap(([, text]) => {
    const json = text!.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
    return JSON.parse(json) as string[];
  });
}

export const toResponse = ({ body, headers }: KeptResponse): Response =>
  new Response(body, { headers: headers as [string, string][] });

const deployOf = ({ manifest, deploy: number }: PageHeader) => ({ manifest, number });

const headerOf = ({ headers }: KeptResponse, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1];
