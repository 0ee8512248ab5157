import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { RegistryEmitter, type RegistryEvents } from './events.js';
import type { Channel } from '../schema/index.js';
import { checkHeadOptions, type HeadOptions } from './http/pages/head-options.js';
import { toListener } from './http/server/node.js';
import type { RenderedPage } from './http/pages/rendered-page.js';
import type { Listening } from './http/server/servers.js';
import type { IngestResult } from './ingest/ingest.js';
import { policiesOfHeaders, type HeaderValues } from './pages/content-security-policy.js';
import { resolveOptions, type RegistryOptions, type ResolvedOptions } from './options.js';
import { startServices, type Services } from './services.js';
import type { Store } from './store/store.js';
import { userName } from './user-name.js';

/** A registry and its server. Created by `createRegistry`. */
export class Registry {
  /** Resolves when the directory has been read; rejects when the registry could not start. */
  readonly ready: Promise<IngestResult | null>;
  readonly #options: ResolvedOptions;
  readonly #events = new RegistryEmitter();
  readonly #services: Promise<Services>;

  constructor(options: RegistryOptions) {
    this.#options = resolveOptions(options, userName());
    this.#services = startServices(this.#options, this.#events);
    this.ready = this.#services.then(({ firstScan }) => firstScan);
    // Every method that needs the services rejects too. Without this, a failed start would end the process.
    this.ready.catch(() => {});
  }

  /**
   * @returns a function that removes the listener
   * @throws ModcastError `event-unknown`
   */
  on<E extends keyof RegistryEvents>(event: E, listener: RegistryEvents[E]): () => void {
    return this.#events.on(event, listener);
  }

  /** The store, for questions about the history. */
  async store(): Promise<Store> {
    return (await this.#services).store;
  }

  /**
   * Answers a request; null when it is for no route of the registry and no file of its site.
   *
   * @param headers those that the response will get besides, by lower-case name: a page whose
   *   `content-security-policy` or `content-security-policy-report-only` does not allow the loader is left as
   *   it is
   * @param isLast whether no other handler follows: a request for HTML at a path without a file gets the
   *   site's `404.html`, with status 404
   */
  async handle(
    request: Request,
    headers: HeaderValues = {},
    isLast: boolean = false,
  ): Promise<Response | null> {
    return (await this.#services).handler(request, policiesOfHeaders(headers), isLast);
  }

  /**
   * The tags that load a channel's newest deploy, the guard and the loader, on one line, for the `<head>` of
   * a page that the application renders. They have to come before all scripts, and the page's template has to
   * mark its module scripts and import maps with `data-modcast`. Empty when the channel has no deploy.
   *
   * @param channel default: the registry's
   * @throws ModcastError `option-invalid`
   */
  async head(channel: Channel = this.#options.channel, options: HeadOptions = {}): Promise<string> {
    checkHeadOptions(options);
    return (await (await this.#services).headTags.tags(channel, options))?.text ?? '';
  }

  /**
   * Puts the loader into a page that the application renders, as into a page of the site. The same text when
   * there is no deploy, or the page has to be left as it is: the event `unchanged` says why.
   *
   * @throws ModcastError `option-invalid`
   */
  async injectPage(html: string, page: RenderedPage): Promise<string> {
    return (await this.#services).rendered.inject(html, page);
  }

  /**
   * A `(request, response, next)` function for a Node server that has other routes too. Without `next` it
   * answers every request: paths without a file with 404, and the site's `404.html` where HTML is asked for.
   */
  get middleware(): (request: IncomingMessage, response: ServerResponse, next?: () => void) => Promise<void> {
    return toListener(
      (request, headers, isLast) => this.handle(request, headers, isLast),
      (error) => this.#events.emit('error', error),
    );
  }

  /** Handles the socket's upgrades on an existing server. It leaves other upgrades alone. */
  attach(server: Server): void {
    this.#services.then(({ sockets }) => sockets.attach(server)).catch(() => {});
  }

  /**
   * Starts an HTTP server. The URL in the result is that of the site.
   *
   * @param port 0 picks a free one
   * @throws ModcastError `port-in-use`, `listen-failed`
   */
  async listen({ port = 0, host = '127.0.0.1' } = {}): Promise<Listening> {
    const { servers, site } = await this.#services;
    const listening = await servers.listen(port, host);
    // Only here is it known which URLs the server answers. Another server may have more routes.
    site?.checkImports();
    return { ...listening, url: new URL(this.#options.base, listening.url).href };
  }

  /** Sends the application's own message to every page of the channel. */
  send(topic: string, data: unknown = null): void {
    const { channel } = this.#options;
    this.#services.then(({ sockets }) => sockets.send(channel, topic, data)).catch(() => {});
  }

  /** Reads the whole directory again. */
  async scan(): Promise<IngestResult | null> {
    return (await this.#services).site?.scan() ?? null;
  }

  /**
   * Resolves when the modules of the channel's newest deploy are joined into runs, as far as they can be.
   * Pages that load earlier run more modules singly.
   *
   * @returns the number of runs
   */
  async fused(): Promise<number> {
    const { catalog, fusions } = await this.#services;
    await this.ready;
    const head = await catalog.head(this.#options.channel);
    const fused = head === null ? null : await fusions?.whole(head);
    return fused?.fusion.runs.length ?? 0;
  }

  async close(): Promise<void> {
    const services = await this.#services.catch(() => undefined);
    await services?.close();
  }
}

/**
 * Opens the database, reads the directory into it and follows its changes. Serve it with `listen`, or with
 * `handle` and `attach`.
 *
 * @throws ModcastError `option-invalid`; through `ready`: `directory-invalid`, `store-locked` and the other
 *   codes of the store
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  return new Registry(options);
}
