import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../../../schema/index.js';
import { refuse, type Sockets } from '../../socket/sockets.js';
import { declineUpgrade, offersWebSocket } from './decline-upgrade.js';
import { listenOn } from './listen.js';

type ServerTimes = Pick<ServerOptions, 'headersTimeout' | 'requestTimeout' | 'connectionsCheckingInterval'>;

/** Milliseconds. Node closes a connection that exceeds one of them, and answers 408 where it can. */
const TIMES: ServerTimes = {
  headersTimeout: LIMITS.requestHeadersMs,
  requestTimeout: LIMITS.requestMs,
  connectionsCheckingInterval: 5000,
};

export interface HttpServersOptions {
  readonly sockets: Sockets;
  /** Maximum number of connected pages. */
  readonly clients: number;
  readonly times?: Partial<ServerTimes>;
  readonly listener: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export interface Listening {
  readonly port: number;
  readonly host: string;
  /** With an address that a browser on this machine can open. */
  readonly url: string;
}

/** The HTTP servers that a registry runs itself. */
export class HttpServers {
  readonly #options: HttpServersOptions;
  readonly #servers = new Set<Server>();

  constructor(options: HttpServersOptions) {
    this.#options = options;
  }

  /** @throws ModcastError `port-in-use`, `listen-failed` */
  async listen(port: number, host: string): Promise<Listening> {
    const { listener, sockets, clients, times, onError } = this.#options;
    const server = createServer(
      { ...TIMES, ...times },
      (request, response) => void listener(request, response),
    );
    server.maxConnections = clients + LIMITS.httpConnections;
    server.on('clientError', answerClientError);
    // An upgrade that no listener handles would stay open for ever.
    server.on('upgrade', (request, socket, head: Buffer) => {
      if (sockets.takes(request)) return;
      if (offersWebSocket(request)) refuse(socket, '404 Not Found', 'no such socket');
      else declineUpgrade(server, request, socket, head);
    });
    sockets.attach(server);
    await listenOn(server, { port, host });
    // A listening server can still fail, for example when file descriptors run out.
    server.on('error', onError);
    this.#servers.add(server);
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    return { port: bound, host, url: localUrl(host, bound) };
  }

  /** Close the sockets first: a server waits for them. */
  async close(): Promise<void> {
    const closing = [...this.#servers].map(async (server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    });
    this.#servers.clear();
    await Promise.all(closing);
  }
}

const STATUS: { readonly [code: string]: string | undefined } = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
  if (!socket.writable) return void socket.destroy();
  // The client may keep its end open.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

/** A browser cannot open the addresses that stand for all of a machine's addresses. */
function localUrl(host: string, port: number): string {
  const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${local.includes(':') ? `[${local}]` : local}:${port}/`;
}
