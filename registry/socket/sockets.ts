import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import {
  LIMITS,
  ModcastError,
  encodeMessage,
  helloFromQuery,
  type Channel,
  type Hello,
  type RegistryId,
} from '../../schema/index.js';
import type { Access } from '../auth/allowed-origins.js';
import type { Clock } from '../clock.js';
import { declineUpgrade } from '../http/server/decline-upgrade.js';
import { requestPlace } from '../http/server/request-place.js';
import {
  pathInSite,
  readForwarded,
  type Forwarded,
  type ReverseProxyOptions,
} from '../http/request/reverse-proxy.js';
import type { Session } from './session.js';
import type { Transport } from './transport.js';

export interface SocketsOptions {
  readonly access: Access;
  readonly identity: RegistryId;
  /** `/-/socket`, below the site's root. */
  readonly path: string;
  /** Default: none. */
  readonly proxy?: ReverseProxyOptions;
  readonly clock: Clock;
  readonly createSession: (transport: Transport) => Session;
  /** Maximum number of clients. Default 10,000. */
  readonly clients?: number;
}

const NO_PROXY: ReverseProxyOptions = { base: '/', trustProxy: false };

const forwardedOf = ({ headers }: IncomingMessage, proxy: ReverseProxyOptions): Forwarded =>
  readForwarded((name) => headers[name]?.toString(), proxy);

/** Milliseconds between two pings. A connection that did not answer the last one is closed. */
const HEARTBEAT_MS = 30_000;

/** Milliseconds that a client has to answer a close. */
const CLOSE_MS = 1000;

/**
 * Accepts WebSocket upgrades at one path and creates a session for each. It ignores upgrades at other paths.
 */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #server: WebSocketServer;
  /** The HTTP servers whose upgrades this handles, with what stops that. */
  readonly #servers = new Map<Server, () => void>();
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #alive = new WeakSet<WebSocket>();
  #heartbeat: { cancel(): void } | undefined;

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: LIMITS.clientMessageBytes,
      // For manifests. Packs are compressed already and are sent without this.
      perMessageDeflate: {
        threshold: 1024,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        zlibDeflateOptions: { level: 3 },
      },
    });
    this.#beat();
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Sends an application's message to the clients of a channel. */
  send(channel: Channel, topic: string, data: unknown): void {
    for (const session of this.#sessions.values()) {
      if (session.channel === channel) session.message(topic, data);
    }
  }

  /** Whether an upgrade request is for this path. */
  takes(message: IncomingMessage): boolean {
    const path = requestPlace(message).target.split('?', 1)[0]!;
    const { proxy = NO_PROXY } = this.#options;
    return pathInSite(path, proxy, forwardedOf(message, proxy)) === this.#options.path;
  }

  /** Handles a server's upgrades until `close`. Its other requests are answered as without this. */
  attach(server: Server): void {
    const listener = (message: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.takes(message)) this.#upgrade(message, socket, head);
      else if (server.listenerCount('upgrade') === 1) declineUpgrade(server, message, socket, head);
    };
    server.on('upgrade', listener);
    this.#servers.set(server, () => server.off('upgrade', listener));
  }

  close(): void {
    this.#heartbeat?.cancel();
    for (const detach of this.#servers.values()) detach();
    this.#servers.clear();
    for (const [socket, session] of this.#sessions) {
      session.closed();
      socket.close(1001, 'server is closing');
      this.#options.clock.after(CLOSE_MS, () => socket.terminate());
    }
    this.#sessions.clear();
    this.#server.close();
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, target } = requestPlace(message);
    const [, query = ''] = target.split('?', 2);
    const { access, proxy = NO_PROXY, clients = LIMITS.clients } = this.#options;
    const { host: seen = host, scheme } = forwardedOf(message, proxy);
    const { origin } = message.headers;
    if (host === undefined) return refuse(socket, '400 Bad Request', 'malformed host');
    // Both: see the handler.
    if (!access.hostAllowed(host) || !access.hostAllowed(seen))
      return refuse(socket, '403 Forbidden', 'host not allowed');
    if (!access.originAllowed(origin, seen, scheme))
      return refuse(socket, '403 Forbidden', 'origin not allowed');
    if (this.#sessions.size >= clients) return refuse(socket, '503 Service Unavailable', 'too many clients');
    socket.on('error', () => socket.destroy());
    try {
      this.#server.handleUpgrade(message, socket, head, (webSocket) =>
        this.#open(webSocket, transportOf(webSocket, socket, this.#options.clock), query),
      );
    } catch {
      refuse(socket, '400 Bad Request', 'malformed upgrade');
    }
  }

  #open(socket: WebSocket, transport: Transport, query: string): void {
    // ws closes the connection itself when a frame is too large or is not UTF-8.
    socket.on('error', () => {});
    // It was refused, or the server closes. What it goes on sending would still have to be unpacked.
    socket.on('message', () => {
      if (socket.readyState === WebSocket.CLOSING) socket.pause();
    });
    let hello: Hello;
    try {
      const parameters = new URLSearchParams(query);
      this.#assertOwn(parameters.get('registry'));
      hello = helloFromQuery(new Map(parameters));
    } catch (error) {
      const { code, message } = error as ModcastError;
      void transport.send(encodeMessage({ type: 'error', code, message })).catch(() => {});
      transport.close(1008, code);
      return;
    }
    const session = this.#options.createSession(transport);
    this.#sessions.set(socket, session);
    this.#alive.add(socket);
    socket.on('pong', () => this.#alive.add(socket));
    socket.on('message', (data: Buffer, isBinary) => {
      this.#alive.add(socket);
      if (isBinary) session.receiveBinary();
      else void session.receive(data.toString('utf8'));
    });
    socket.on('close', () => {
      session.closed();
      this.#sessions.delete(socket);
    });
    void session.start(hello);
  }

  /**
   * A page that boots names the registry it came from. It must not run the deploys of another one.
   *
   * @throws ModcastError `registry-unknown`
   */
  #assertOwn(registry: string | null): void {
    const { identity } = this.#options;
    if (registry === null || registry === identity) return;
    throw new ModcastError('registry-unknown', `this is registry ${identity}; reload the page`, {
      expected: identity,
      found: registry.slice(0, 32),
    });
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      for (const socket of this.#sessions.keys()) {
        if (!this.#alive.delete(socket)) socket.terminate();
        else socket.ping();
      }
      this.#beat();
    });
  }
}

/** Joins everything that is sent in one turn into one write: each write can wake the client. */
function transportOf(webSocket: WebSocket, socket: Duplex, clock: Clock): Transport {
  let isCorked = false;
  const cork = () => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  };
  return {
    send: (data) =>
      new Promise((resolve, reject) => {
        cork();
        webSocket.send(data, { compress: typeof data === 'string' }, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    close(code, reason) {
      webSocket.close(code, reason);
      clock.after(CLOSE_MS, () => webSocket.terminate());
    },
  };
}

/** Refuses an upgrade with an HTTP response, and closes the socket even if the client keeps its end open. */
export function refuse(socket: Duplex, status: string, reason: string): void {
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`,
  );
}
