import { ModcastError } from '../../schema/errors.js';
import type { Hash } from '../../schema/hash.js';
import type { FromClient, Hello } from '../../schema/from-client.js';
import { parseFromServer, type FromServer } from '../../schema/from-server.js';
import { helloToQuery } from '../../schema/hello-query.js';
import { encodeMessage, PROTOCOL_VERSION } from '../../schema/message.js';
import { PackDecoder } from '../../schema/pack.js';
import { SerialQueue } from '../../schema/serial-queue.js';
import type { ReceivedRecord } from '../cache/digests.js';
import { createDebug } from '../debug.js';
import { Emitter } from '../events.js';
import { readSegment } from './segment.js';

export interface ConnectionEvents {
  /** A control message other than `pack`. A protocol error is delivered as the message `error`. */
  message: Exclude<FromServer, { type: 'pack' }>;
  /** A part of a pack has come. It may not complete a blob. */
  frame: void;
  /** A pack begins. */
  pack: { count: number; bytes: number };
  /** Blobs of the pack, not yet verified. */
  records: readonly ReceivedRecord[];
  /** Every blob of the pack has been delivered. */
  packed: void;
  /** The socket closed, or never opened. */
  closed: { readonly opened: boolean };
}

export interface ConnectionOptions {
  /** `wss://host/-/socket?`, where the query goes on. Called before each attempt. */
  readonly url: () => string;
  /** Called before each attempt: what the client has by then. */
  readonly hello: () => Omit<Hello, 'type' | 'protocol'>;
  readonly createSocket: (url: string) => WebSocket;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
}

/**
 * Delays between attempts, milliseconds. They double each time, with jitter: the clients of a server that
 * restarts do not all come back at once.
 */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;

const debug = createDebug('socket');

/**
 * The socket to the registry. Checks each message, decodes packs and delivers everything in the order in
 * which it was sent. Connects again after a loss, until `close` is called.
 */
export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #state: 'connecting' | 'open' | 'waiting' | 'closed' = 'waiting';
  #decoder: PackDecoder | undefined;
  readonly #queue = new SerialQueue();
  #attempts = 0;
  #received = 0;
  #have: Hash | null = null;
  #fusion: Hash | null = null;
  /** Whether the current socket has opened. */
  #opened = false;
  /** Sockets that broke the protocol: what else has come on them is ignored. */
  readonly #failed = new WeakSet<WebSocket>();

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
  }

  get state(): 'connecting' | 'open' | 'waiting' | 'closed' {
    return this.#state;
  }

  /** The manifest that the server was last told is here. */
  get have(): Hash | null {
    return this.#have;
  }

  /** The fusion that the server was last told is here. */
  get fusion(): Hash | null {
    return this.#fusion;
  }

  /** Bytes of all frames so far. */
  get received(): number {
    return this.#received;
  }

  connect(): void {
    const hello: Hello = { type: 'hello', protocol: PROTOCOL_VERSION, ...this.#options.hello() };
    this.#state = 'connecting';
    this.#tell(hello);
    let socket: WebSocket;
    try {
      socket = this.#options.createSocket(this.#options.url() + helloToQuery(hello));
    } catch {
      // The page's policy forbids the connection: later attempts would fail too.
      this.#state = 'closed';
      this.emit('closed', { opened: false });
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#opened = false;
    socket.onopen = () => {
      this.#opened = true;
      this.#state = 'open';
      debug('open', socket.url);
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (this.#socket !== socket) return;
      this.#received += typeof data === 'string' ? data.length : data.byteLength;
      if (typeof data !== 'string') this.emit('frame', undefined);
      this.#inOrder(socket, () =>
        typeof data === 'string' ? this.#text(data) : this.#frame(new Uint8Array(data)),
      );
    };
    socket.onclose = () => this.#lost(socket);
  }

  /** False when there is no open socket to send it on. */
  send(message: FromClient): boolean {
    if (this.#state !== 'open') return false;
    if (message.type === 'hello') this.#tell(message);
    debug('send', message);
    this.#socket?.send(encodeMessage(message));
    return true;
  }

  #tell({ have, fusion = null }: Hello): void {
    this.#have = have;
    this.#fusion = fusion;
  }

  want(hashes: readonly Hash[], closure: boolean): boolean {
    return this.send({ type: 'want', hashes: [...hashes], closure });
  }

  /** Closes a stalled socket; the next attempt follows. */
  drop(): void {
    if (this.#socket !== undefined) this.#end(this.#socket);
  }

  close(): void {
    this.#state = 'closed';
    this.#socket?.close();
  }

  /** Closes a socket without waiting for the other side, which may never answer. */
  #end(socket: WebSocket, code?: number, reason?: string): void {
    socket.close(code, reason);
    this.#lost(socket);
  }

  #lost(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    debug('closed');
    const opened = this.#opened;
    // After everything that has come on it.
    void this.#queue.run(() => {
      this.#decoder = undefined;
      if (this.#state !== 'closed') this.#retry();
      this.emit('closed', { opened });
    });
  }

  #retry(): void {
    this.#state = 'waiting';
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts++);
    this.#options.after(delay * (0.5 + this.#options.random() / 2), () => {
      if (this.#state === 'waiting') this.connect();
    });
  }

  #inOrder(socket: WebSocket, work: () => void | Promise<void>): void {
    void this.#queue.run(async () => {
      if (this.#failed.has(socket)) return;
      try {
        await work();
      } catch (error) {
        this.#failed.add(socket);
        this.emit('message', {
          type: 'error',
          code: error instanceof ModcastError ? error.code : 'message-invalid',
          message: error instanceof Error ? error.message : String(error),
        });
        this.#end(socket, 4000, 'protocol error');
      }
    });
  }

  #text(data: string): void {
    const message = parseFromServer(data);
    debug('received', message);
    if (message.type === 'welcome') {
      if (message.protocol !== PROTOCOL_VERSION) {
        throw new ModcastError('protocol-version', `the server speaks protocol ${message.protocol}`, {
          expected: PROTOCOL_VERSION,
          found: message.protocol,
        });
      }
      this.#attempts = 0;
    }
    if (message.type !== 'pack') {
      this.emit('message', message);
      return;
    }
    if (this.#decoder !== undefined) {
      throw new ModcastError('message-unexpected', 'a pack began before the last one was complete');
    }
    this.#decoder = new PackDecoder();
    this.emit('pack', message);
  }

  async #frame(bytes: Uint8Array): Promise<void> {
    if (this.#decoder === undefined) throw new ModcastError('message-unexpected', 'a frame without a pack');
    for (const segment of this.#decoder.push(bytes)) {
      this.emit('records', await readSegment(segment));
    }
    if (!this.#decoder.complete) return;
    this.#decoder = undefined;
    this.emit('packed', undefined);
  }
}
