import { ModcastError } from '../../schema/errors.js';
import type { Hash } from '../../schema/hash.js';
import type { FromClient, Hello } from '../../schema/from-client.js';
import { parseFromServer, type FromServer } from '../../schema/from-server.js';
import { helloToQuery } from '../../schema/hello-query.js';
import { encodeMessage, PROTOCOL_VERSION } from '../../schema/message.js';
import { PackDecoder, type PackRecord } from '../../schema/pack.js';
import { Emitter } from '../events.js';
import { readSegment } from './segment.js';

export interface ConnectionEvents {
  /** A control message other than `pack`. */
  message: Exclude<FromServer, { type: 'pack' }>;
  /** A pack begins. */
  pack: { count: number; bytes: number };
  /** Blobs of the pack, not verified yet. */
  records: readonly PackRecord[];
  /** Every blob of the pack has been delivered. */
  packed: void;
  /** The socket closed, or never opened. */
  closed: { readonly opened: boolean };
}

export interface ConnectionOptions {
  /** `wss://host/-/socket` */
  readonly url: string;
  /** Asked before each attempt: what the client has by then. */
  readonly hello: () => Omit<Hello, 'type' | 'protocol'>;
  readonly createSocket: (url: string) => WebSocket;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
}

/** Delays between attempts, milliseconds: doubled each time, and jittered so that a restart is no stampede. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;

/**
 * The socket to the registry: connects at once, checks whatever comes, decodes packs, delivers everything in the
 * order in which it was sent, and connects again for as long as it is not closed.
 */
export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #state: 'connecting' | 'open' | 'waiting' | 'closed' = 'waiting';
  #decoder: PackDecoder | undefined;
  #order: Promise<void> = Promise.resolve();
  #attempts = 0;
  #received = 0;
  #have: Hash | null = null;
  /** Sockets that broke the protocol: whatever else has come on them no longer counts. */
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

  /** Bytes of all frames so far. */
  get received(): number {
    return this.#received;
  }

  connect(): void {
    const hello: Hello = { type: 'hello', protocol: PROTOCOL_VERSION, ...this.#options.hello() };
    this.#state = 'connecting';
    this.#have = hello.have;
    let socket: WebSocket;
    try {
      socket = this.#options.createSocket(`${this.#options.url}?${helloToQuery(hello)}`);
    } catch {
      // A policy of the page that forbids the connection: no later attempt will do better.
      this.#state = 'closed';
      this.emit('closed', { opened: false });
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#state = 'open';
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#received += typeof data === 'string' ? data.length : data.byteLength;
      this.#inOrder(socket, () =>
        typeof data === 'string' ? this.#text(data) : this.#frame(new Uint8Array(data)),
      );
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      // What has come is delivered before the news that nothing more will.
      this.#order = this.#order.then(() => {
        this.#decoder = undefined;
        if (this.#state !== 'closed') this.#retry();
        this.emit('closed', { opened });
      });
    };
  }

  /** False when there is no open socket to send it on. */
  send(message: FromClient): boolean {
    if (this.#state !== 'open') return false;
    if (message.type === 'hello') this.#have = message.have;
    this.#socket?.send(encodeMessage(message));
    return true;
  }

  want(hashes: readonly Hash[], closure: boolean): boolean {
    return this.send({ type: 'want', hashes: [...hashes], closure });
  }

  /** Gives a socket up that stands still; the next attempt follows. */
  drop(): void {
    this.#socket?.close();
  }

  close(): void {
    this.#state = 'closed';
    this.#socket?.close();
  }

  #retry(): void {
    this.#state = 'waiting';
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts++);
    this.#options.after(delay * (0.5 + this.#options.random() / 2), () => {
      if (this.#state === 'waiting') this.connect();
    });
  }

  #inOrder(socket: WebSocket, work: () => void | Promise<void>): void {
    this.#order = this.#order
      .then(() => (this.#failed.has(socket) ? undefined : work()))
      .catch((error: unknown) => {
        this.#failed.add(socket);
        this.emit('message', {
          type: 'error',
          code: error instanceof ModcastError ? error.code : 'message-invalid',
          message: error instanceof Error ? error.message : String(error),
        });
        socket.close(4000, 'protocol error');
      });
  }

  #text(data: string): void {
    const message = parseFromServer(data);
    if (message.type === 'welcome') {
      this.#attempts = 0;
      if (message.protocol !== PROTOCOL_VERSION) {
        throw new ModcastError('protocol-version', `the server speaks protocol ${message.protocol}`, {
          expected: PROTOCOL_VERSION,
          found: message.protocol,
        });
      }
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
