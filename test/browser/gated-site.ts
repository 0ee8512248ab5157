import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createRegistry, type Registry, type RegistryOptions } from '../../registry/index.js';
import type {} from '../../loader/index.js';
import type { BrowserPage } from './engines/engine.js';
import { FrameRelay } from './frame-relay.js';
import { FUSE, fusedIfAsked } from './fused-mode.js';

/** `pass` lets what comes through, `hold` keeps it until it is let go, `refuse` closes the connection. */
export type Gate = 'pass' | 'hold' | 'refuse';

/** Whether a page requests its loader: of single modules, or of joined ones. */
export const isLoader = (target: string) => /^\/-\/(?:fused-)?loader\.js/.test(target);

const isModule = (target: string) => !isLoader(target) && /\.m?js\b/.test(target);

/**
 * A registry behind a server of the test's own, which decides what becomes of each socket and each request,
 * and keeps a record of both.
 */
export class GatedSite {
  readonly relay = new FrameRelay();
  /** Targets of HTTP requests, in order. Those of HEAD requests start with `HEAD `. */
  readonly requests: string[] = [];
  /** `Content-Length` of answers, by target. What browsers say of it depends on who has asked first. */
  readonly lengths = new Map<string, number>();
  /** Requests of pages for the natural URLs of their module scripts. */
  readonly #byPages = new Set<string>();
  sockets: Gate = 'pass';
  /** Pages that are served as they once were, by target: as a service worker or an HTTP cache does. */
  kept = new Map<string, string>();
  /** What becomes of a request, by its target. */
  http: (target: string) => Gate | 'missing' = () => 'pass';
  readonly registry: Registry;
  readonly #server = createServer((request, response) => this.#request(request, response));
  readonly #heldSockets: (() => void)[] = [];
  readonly #heldRequests: (() => void)[] = [];
  readonly #waiting = new Set<() => void>();
  #target = '';

  private constructor(options: RegistryOptions) {
    this.registry = createRegistry(options);
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {});
      const accept = () => this.relay.accept(this.#target, request, socket, head);
      if (this.sockets === 'pass') accept();
      else if (this.sockets === 'hold') this.#heldSockets.push(accept);
      else socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    });
  }

  /** @param at port on which pages find it; 0 takes a free one */
  static async open(options: RegistryOptions, at = 0): Promise<GatedSite> {
    const site = new GatedSite({ database: ':memory:', watch: false, fuse: FUSE, ...options });
    const { port } = await site.registry.listen();
    await fusedIfAsked(site.registry);
    site.#target = `ws://127.0.0.1:${port}`;
    site.#server.listen(at, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Sockets that were held go on, and those that come pass. */
  releaseSockets(): void {
    this.sockets = 'pass';
    for (const go of this.#heldSockets.splice(0)) go();
  }

  /** Requests that were held are answered, and so are those that come. */
  releaseHttp(): void {
    this.http = () => 'pass';
    for (const go of this.#heldRequests.splice(0)) go();
  }

  /** The page as a navigation gets it now. */
  async page(target = '/'): Promise<string> {
    const url = new URL(target, this.url);
    return (await fetch(url, { headers: { Accept: 'text/html' } })).text();
  }

  /** Forgets what has been requested and sent. */
  clear(): void {
    this.requests.length = 0;
    this.relay.clear();
  }

  /** Resolves when a target that fits has been asked for. */
  async requested(fits: (target: string) => boolean): Promise<void> {
    while (!this.requests.some(fits)) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /**
   * Requests for modules. Those by natural URL are only the ones of other modules: Chromium requests a page's
   * module scripts before the parser reaches them, hence before the guard holds them.
   */
  get moduleRequests(): string[] {
    return this.requests.filter((target) => isModule(target) && !this.#byPages.has(target));
  }

  /** Requests for natural URLs of modules. */
  get nativeRequests(): string[] {
    return this.requests.filter((target) => isModule(target) && !target.startsWith('/-/'));
  }

  async close(): Promise<void> {
    // A muted one would never notice that its page has gone.
    this.relay.cut();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.relay.close();
    await this.registry.close();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url!;
    this.requests.push(request.method === 'HEAD' ? `HEAD ${target}` : target);
    const { pathname } = new URL(request.headers.referer ?? this.url);
    if (!target.startsWith('/-/') && /(?:\/|\.html)$/.test(pathname)) this.#byPages.add(target);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    const kept = this.kept.get(target);
    if (kept !== undefined) {
      response.setHeader('Content-Type', 'text/html');
      response.end(kept);
      return;
    }
    const gate = this.http(target);
    const answer = () => void this.registry.middleware(request, response);
    response.on('finish', () => this.lengths.set(target, Number(response.getHeader('Content-Length'))));
    if (gate === 'pass') answer();
    else if (gate === 'hold') this.#heldRequests.push(answer);
    else if (gate === 'missing') response.writeHead(404).end();
    else response.destroy();
  }
}

/**
 * Cuts the socket of the only page once it has all that was sent since `clear`. Firefox forgets what comes just
 * before the end of a connection.
 */
export async function cutOnceReceived({ relay }: GatedSite, page: BrowserPage): Promise<void> {
  await page.until((sent) => (globalThis.modcast?.stats().bytes.received ?? 0) >= sent, relay.sent);
  relay.cut();
}
