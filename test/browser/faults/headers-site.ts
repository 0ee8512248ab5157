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

/** A registry whose pages get response headers that it does not know of, as behind a proxy. */
export class HeadersSite {
  /** Bodies of the violation reports that browsers have sent. */
  readonly reports: string[] = [];
  /** `METHOD /target` of each request, in order. */
  readonly requests: string[] = [];

  private constructor(
    readonly registry: Registry,
    readonly url: string,
    readonly close: () => Promise<void>,
    record: { reports: string[]; requests: string[] },
  ) {
    this.reports = record.reports;
    this.requests = record.requests;
  }

  /** Serves a folder of `test/fixtures/faults` with the headers in its `headers.json`. */
  static fault(name: string, more: Record<string, string> = {}): Promise<HeadersSite> {
    const { 'headers.json': rules = '[]', ...files } = faultFiles(name);
    return HeadersSite.open({ ...files, ...more }, JSON.parse(rules) as HeaderRule[]);
  }

  static async open(
    files: Record<string, string>,
    rules: readonly HeaderRule[],
    options: RegistryOptions = {},
  ): Promise<HeadersSite> {
    const site = await TemporarySite.create(files);
    const { directory } = site;
    const registry = createRegistry({ directory, database: ':memory:', watch: false, ...options });
    await registry.ready;
    const record = { reports: [] as string[], requests: [] as string[] };
    const server = createServer((request, response) => {
      const target = request.url!;
      record.requests.push(`${request.method} ${target}`);
      if (target === '/csp') {
        void body(request).then((text) => record.reports.push(text));
        return void response.writeHead(204).end();
      }
      const { pathname } = new URL(target, 'http://site');
      for (const { match, headers } of rules) {
        if (!new RegExp(match).test(pathname)) continue;
        for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
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
    return new HeadersSite(registry, `http://127.0.0.1:${port}/`, close, record);
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
