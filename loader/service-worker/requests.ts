import {
  deployUrl,
  fusionOfUrl,
  IMPORT_HEADER,
  isOwnInstance,
  manifestOfUrl,
  withoutDeploy,
} from '../../importmap/deploy-url.js';
import { isRuntimeUrl } from '../../importmap/worker-module.js';
import type { Hash } from '../../schema/hash.js';
import type { OfflineConfig } from './offline-config.js';
import type { CachedDeploys } from './deploys.js';
import type { Files } from './files.js';
import type { KeptFiles, TabDeploy } from './kept-files.js';
import type { Manifests } from './manifests.js';
import { toResponse, type Pages } from './pages.js';
import { keptHeaders, mayKeep } from './responses.js';
import type { FetchEvent } from './scope.js';
import type { Tabs } from './tabs.js';

export interface RequestsOptions {
  readonly config: Pick<OfflineConfig, 'root' | 'prefix' | 'watches'>;
  readonly origin: string;
  readonly kept: Pick<KeptFiles, 'response' | 'putResponse'>;
  readonly deploys: Pick<CachedDeploys, 'find'>;
  readonly tabs: Pick<Tabs, 'deploy' | 'named' | 'opens'>;
  readonly files: Pick<Files, 'answer' | 'runtime'>;
  readonly pages: Pick<Pages, 'navigate'>;
  readonly manifests: Pick<Manifests, 'has' | 'answer'>;
  readonly fetch: typeof globalThis.fetch;
}

/** Scripts of the registry whose URLs name their version, below its prefix. */
const SCRIPT = /^(?:(?:fused-)?loader|hot|offline-page|direct-fallback)\.js\?v=/;

/** Modules of deploys, for pages that start without the loader. */
const MODULE = /^(?:runs|direct|modules)\//;

/** Answers the requests of pages and workers. What belongs to no deploy goes to the network. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #root: string;
  readonly #prefix: string;

  constructor(options: RequestsOptions) {
    const { config, origin } = options;
    this.#options = options;
    this.#root = origin + config.root;
    this.#prefix = origin + config.prefix;
  }

  answer(event: FetchEvent): void {
    const { request } = event;
    const { url } = request;
    if (request.method !== 'GET' || !url.startsWith(this.#root)) return;
    if (request.mode === 'navigate') return event.respondWith(this.#options.pages.navigate(event));
    // A stream of events is no file. It may stay open for long.
    if (request.headers.get('Accept') === 'text/event-stream') return;
    if (isRuntimeUrl(url) && fusionOfUrl(url) === undefined) event.respondWith(this.#runtime(request));
    else if (!url.startsWith(this.#prefix)) event.respondWith(this.#file(event));
    else if (this.isScript(url) || this.isModule(url)) event.respondWith(this.#script(request));
    else if (this.#options.manifests.has(url) && request.cache !== 'reload')
      event.respondWith(this.#options.manifests.answer(url));
  }

  /** Whether the URL is that of a script which has to be kept for a page. */
  isScript(url: string): boolean {
    return url.startsWith(this.#prefix) && SCRIPT.test(url.slice(this.#prefix.length));
  }

  /**
   * Whether the URL is that of a module which a page has started from, or a worker of joined modules. The
   * server has made it.
   */
  isModule(url: string): boolean {
    if (fusionOfUrl(url) !== undefined) return true;
    return url.startsWith(this.#prefix) && MODULE.test(url.slice(this.#prefix.length));
  }

  /** Keeps this script again, with the headers that the server sends now. @throws TypeError */
  async refresh(url: string): Promise<void> {
    const response = await this.#options.fetch(url, { cache: 'no-cache' });
    if (response.ok) await this.#put(url, null, response);
  }

  /** Keeps the answer to a request by its URL. @param manifest null for what belongs to no deploy */
  async keep(url: string, manifest: Hash | null): Promise<boolean> {
    const { kept, manifests, fetch } = this.#options;
    const known = await kept.response(url);
    // It goes with the newest deploy that has it.
    if (known !== undefined && known.manifest !== manifest) await kept.putResponse({ ...known, manifest });
    if (known !== undefined) return true;
    const response = await (manifests.has(url)
      ? manifests.answer(url)
      : fetch(url, { cache: 'force-cache' }));
    if (!mayKeep(response)) return false;
    await this.#put(url, manifest, response);
    return true;
  }

  /**
   * What is kept of a URL whose content never changes, else the server's answer.
   *
   * @param query for the server only
   * @throws TypeError
   */
  async fetchKept(url: string, query: string): Promise<Response> {
    const { kept, fetch } = this.#options;
    const found = await kept.response(url).catch(() => undefined);
    return found === undefined ? fetch(url + query) : toResponse(found);
  }

  async #file(event: FetchEvent): Promise<Response> {
    const { config, tabs, fetch } = this.#options;
    const { request, clientId, resultingClientId } = event;
    try {
      const named = manifestOfUrl(request.url);
      const own = await tabs.deploy(clientId);
      const run = named === undefined || own?.manifest === named ? own : await tabs.named(named);
      if (run === undefined) return await fetch(request);
      event.waitUntil(tabs.opens(resultingClientId, run).catch(() => {}));
      if (fusionOfUrl(request.url) !== undefined) return await this.#joined(request, run);
      if (config.watches && named === undefined) return await this.#newest(event, run);
      const instance = named === undefined ? await this.#instance(request) : undefined;
      if (instance !== undefined) return instance;
      const answer = await this.#answer(request, run);
      if (answer !== undefined) return answer;
    } catch {
      // The network fails, and so does this, as natively.
    }
    return fetch(request);
  }

  /**
   * For an `import()` in code that a worker evaluates from text, the server has a module that leads to the
   * worker's instance. Undefined for other requests, and without the server.
   */
  async #instance({ url, destination, referrer }: Request): Promise<Response | undefined> {
    if (destination !== 'script' || manifestOfUrl(referrer) === undefined) return undefined;
    // Browsers send another destination for a service worker.
    const headers = { [IMPORT_HEADER]: '1' };
    const response = await this.#options.fetch(url, { headers, referrer }).catch(() => undefined);
    return response?.ok === true ? response : undefined;
  }

  /** While files are edited, those of the server are newer than those of the deploy. */
  async #newest(event: FetchEvent, run: TabDeploy): Promise<Response> {
    const { kept, fetch } = this.#options;
    const { request } = event;
    // What a script fetches may be an answer to one user only.
    const isKept = request.destination !== '' && !request.headers.has('Range');
    try {
      const response = await fetch(request);
      if (isKept && mayKeep(response))
        event.waitUntil(this.#put(request.url, run.manifest, response.clone()).catch(() => {}));
      return response;
    } catch (error) {
      const response = await kept.response(request.url).catch(() => undefined);
      if (response !== undefined) return toResponse(response);
      const answer = await this.#answer(request, run);
      if (answer === undefined) throw error;
      return answer;
    }
  }

  /**
   * What a worker of joined modules requests. Where its script is not kept and the server is away, the worker
   * runs single modules.
   */
  async #joined(request: Request, run: TabDeploy): Promise<Response> {
    const { url, destination, referrer } = request;
    const isScript = destination === 'worker' && fusionOfUrl(referrer) === undefined;
    try {
      return await this.#script(request);
    } catch (error) {
      if (isScript) return Response.redirect(deployUrl(withoutDeploy(url), run.manifest));
      // An instance of its own is in no run.
      if (!isOwnInstance(url) && !withoutDeploy(url).includes('?')) throw error;
      const answer = await this.#answer(request, run);
      if (answer === undefined) throw error;
      return answer;
    }
  }

  /** A file of a deploy that is here. */
  async #answer(request: Request, run: TabDeploy): Promise<Response | undefined> {
    const { deploys, files } = this.#options;
    const deploy = await deploys.find(run);
    return deploy && files.answer(request, deploy, run.embedder);
  }

  async #runtime(request: Request): Promise<Response> {
    const { files, fetch } = this.#options;
    return (await files.runtime(new URL(request.url)).catch(() => undefined)) ?? fetch(request);
  }

  async #script(request: Request): Promise<Response> {
    const { kept, fetch } = this.#options;
    // The server does not hear of a fragment.
    const url = request.url.replace(/#.*/s, '');
    const found = await kept.response(url).catch(() => undefined);
    if (found !== undefined) return toResponse(found);
    const response = await fetch(request);
    // Another URL leads to other instances.
    if (mayKeep(response)) void this.#put(url, null, response.clone()).catch(() => {});
    return response;
  }

  async #put(url: string, manifest: Hash | null, response: Response): Promise<void> {
    const headers = keptHeaders(response);
    const body = new Uint8Array(await response.arrayBuffer());
    await this.#options.kept.putResponse({ url, manifest, headers, body });
  }
}
