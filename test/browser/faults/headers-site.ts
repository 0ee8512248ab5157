import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRegistry, type Registry, type RegistryOptions } from '../../../registry/index.js';
import { TemporarySite } from '../counted-site.js';
import { faultFiles } from './fault-files.js';

interface HeaderRule {
  readonly match: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Recorded {
  readonly reports: string[];
  readonly requests: string[];
  holdsHeads: boolean;
}

/** Who sets the headers: a proxy, of which the registry does not know, or the server that it is mounted on. */
type HeaderSource = 'proxy' | 'server';

/** A registry whose pages get more response headers. */
export class HeadersSite {
  /** Bodies of the violation reports that browsers have sent. */
  readonly reports: string[] = [];
  /** `METHOD /target` of each request, in order. */
  readonly requests: string[] = [];

  private constructor(
    readonly registry: Registry,
    readonly url: string,
    readonly close: () => Promise<void>,
    private readonly record: Recorded,
    /** Saves files of the site. */
    readonly write: (files: Record<string, string>) => Promise<void>,
  ) {
    this.reports = record.reports;
    this.requests = record.requests;
  }

  /** From now on, HEAD requests get no answer. */
  holdHeads(): void {
    this.record.holdsHeads = true;
  }

  /** Serves a folder of `test/fixtures/faults` with the headers in its `headers.json`. */
  static fault(
    name: string,
    more: Record<string, string> = {},
    by: HeaderSource = 'proxy',
  ): Promise<HeadersSite> {
    const { 'headers.json': rules = '[]', ...files } = faultFiles(name);
    return HeadersSite.open({ ...files, ...more }, JSON.parse(rules) as HeaderRule[], {}, by);
  }

  static async open(
    files: Record<string, string>,
    rules: readonly HeaderRule[],
    options: RegistryOptions = {},
    by: HeaderSource = 'proxy',
  ): Promise<HeadersSite> {
    const site = await TemporarySite.create(files);
    const { directory } = site;
    const registry = createRegistry({
      directory,
      database: ':memory:',
      watch: false,
      fuse: false,
      ...options,
    });
    await registry.ready;
    const record: Recorded = { reports: [], requests: [], holdsHeads: false };
    const server = createServer((request, response) => {
      const target = request.url!;
      record.requests.push(`${request.method} ${target}`);
      if (request.method === 'HEAD' && record.holdsHeads) return;
      if (target === '/csp') {
        void body(request).then((text) => record.reports.push(text));
        return void response.writeHead(204).end();
      }
      const { pathname } = new URL(target, 'http://site');
      const setHeaders = () => {
        for (const { match, headers } of rules) {
          if (!new RegExp(match).test(pathname)) continue;
          for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
        }
      };
      if (by === 'server') setHeaders();
      else {
        const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
        response.writeHead = (...args: unknown[]) => {
          setHeaders();
          return writeHead(...args);
        };
      }
      void registry.middleware(request, response);
    });
    registry.attach(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const close = async () => {
      await registry.close();
      server.closeAllConnections();
      server.close();
      await site.close();
    };
    const write = (changed: Record<string, string>) => site.write(changed);
    return new HeadersSite(registry, `http://127.0.0.1:${port}/`, close, record, write);
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
