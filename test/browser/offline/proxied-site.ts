import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRegistry, type Registry, type RegistryOptions } from '../../../registry/index.js';
import { TemporarySite } from '../counted-site.js';
import type { GatedSite } from '../gated-site.js';
import { publish } from './published-site.js';

type Files = Record<string, string | Uint8Array>;

/** A registry behind a server of the test's own, which may answer first, or add headers. */
export class ProxiedSite {
  /** `METHOD /target` of each request, in order. */
  readonly requests: string[] = [];
  /** Headers that replace those of the registry, as a proxy does. */
  headers: (target: string) => Readonly<Record<string, string>> = () => ({});
  /** Answers instead of the registry. @returns false where the registry has to */
  first: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  isAway = false;
  readonly #server = createServer((request, response) => this.#request(request, response));

  private constructor(
    readonly registry: Registry,
    readonly directory: TemporarySite,
  ) {}

  static async open(files: Files, options: RegistryOptions = {}, port = 0): Promise<ProxiedSite> {
    const directory = await TemporarySite.create();
    const registry = createRegistry({
      database: ':memory:',
      watch: false,
      channel: 'production',
      ...(options.directory === undefined ? { serveHead: true } : {}),
      ...options,
    });
    const site = new ProxiedSite(registry, directory);
    registry.attach(site.#server);
    site.#server.listen(port, '127.0.0.1');
    await once(site.#server, 'listening');
    if (options.directory === undefined) await site.publish(files);
    return site;
  }

  async publish(files: Files): Promise<void> {
    await this.directory.write(files);
    await publish(this as unknown as GatedSite, this.directory);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Ends its sockets too. */
  stop(): void {
    this.isAway = true;
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    await this.registry.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.directory.close();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url!;
    this.requests.push(`${request.method} ${target}`);
    if (this.isAway) return void response.destroy();
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
    response.writeHead = (...args: unknown[]) => {
      for (const [name, value] of Object.entries(this.headers(target))) response.setHeader(name, value);
      return writeHead(...args);
    };
    if (!this.first(request, response)) void this.registry.middleware(request, response);
  }
}
