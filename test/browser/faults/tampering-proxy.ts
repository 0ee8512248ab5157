import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect } from 'node:net';

/** Answers a request in the server's place. @returns false to pass it on */
export type Tamper = (target: string, response: ServerResponse, url: string) => boolean;

export interface ProxyOptions {
  /** Path that is served, such as `/tools/demo/`; the server does not see it. Default `/`. */
  readonly prefix?: string;
  readonly tamper?: Tamper;
  /** Changes each page. */
  readonly page?: (html: string) => string;
  /** Headers that are added to every response. */
  readonly headers?: (url: string) => Readonly<Record<string, string>>;
}

/** A reverse proxy in front of a site, which may tamper with it. */
export interface TamperingProxy {
  readonly url: string;
  /** Targets of requests that were passed on, in order. */
  readonly targets: readonly string[];
  close(): Promise<void>;
}

async function writePage(
  answer: IncomingMessage,
  response: ServerResponse,
  page: (html: string) => string,
): Promise<void> {
  const html = await text(answer);
  response.writeHead(answer.statusCode!, { 'Content-Type': answer.headers['content-type'] });
  response.end(page(html));
}

export async function openProxy(
  site: string,
  { prefix = '/', tamper = () => false, page, headers = () => ({}) }: ProxyOptions,
): Promise<TamperingProxy> {
  const { hostname, port } = new URL(site);
  const targets: string[] = [];
  const server = createServer((incoming, response) => {
    const target = incoming.url!;
    for (const [name, value] of Object.entries(headers(url))) response.setHeader(name, value);
    if (tamper(target, response, url)) return;
    if (!target.startsWith(prefix)) return void response.writeHead(404).end();
    targets.push(target);
    pass(incoming, response, `/${target.slice(prefix.length)}`);
  });
  const pass = (incoming: IncomingMessage, response: ServerResponse, path: string) => {
    // Under the names by which the server is known.
    const forwarded = { ...incoming.headers, host: `${hostname}:${port}` };
    if (page !== undefined) delete forwarded['accept-encoding'];
    // Not `null`, which a policy may send.
    if (URL.canParse(incoming.headers.origin ?? '')) forwarded.origin = `http://${hostname}:${port}`;
    const outgoing = httpRequest({ hostname, port, path, method: incoming.method, headers: forwarded });
    outgoing.on('error', () => response.destroy());
    outgoing.on('response', (answer) => {
      const isPage = /html/.test(answer.headers['content-type'] ?? '');
      if (page !== undefined && isPage) return void writePage(answer, response, page);
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  };
  // Upgrades are passed on as bytes, with the names under which the server is known.
  server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
    const upstream = connect(Number(port), hostname, () => {
      const lines = Object.entries({
        ...incoming.headers,
        host: `${hostname}:${port}`,
        origin: `http://${hostname}:${port}`,
      }).map(([name, value]) => `${name}: ${String(value)}`);
      const path = incoming.url!.startsWith(prefix)
        ? `/${incoming.url!.slice(prefix.length)}`
        : incoming.url!;
      upstream.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket])
      end.on('error', () => [upstream, socket].forEach((one) => one.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url + prefix,
    targets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
