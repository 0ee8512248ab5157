import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Messages are in this machine's byte order. The flag says that it is little-endian. */
const LITTLE_ENDIAN = 1;

/** Bytes before a message: its length, and the flag. */
const HEADER = 5;

/** The number of the browser's own process among those that the inspector's server connects. */
const BROWSER = 1n;

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

interface Pending {
  readonly resolve: (result: Record<string, unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** The inspector cannot answer a call, as when the document has gone. */
export class InspectorError extends Error {}

type OnEvent = (method: string, params: Record<string, unknown>) => void;

/**
 * A connection to the inspector's server of a WebKitGTK browser (`WEBKIT_INSPECTOR_SERVER`). A message is a
 * name and a GVariant: two 64-bit numbers, which say whose message it is, and a text in JSON.
 */
export class InspectorConnection {
  readonly #socket: Socket;
  readonly #pages = new Map<bigint, (message: string) => void>();
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#onData(data));
    // A browser that ends resets its connections.
    socket.on('error', () => {});
  }

  static async open(port: number): Promise<InspectorConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const connection = new InspectorConnection(socket);
    connection.#send('SetupInspectorClient');
    return connection;
  }

  /** @param number of the page in its browser */
  attach(number: bigint, onMessage: (message: string) => void): (message: string) => void {
    this.#pages.set(number, onMessage);
    this.#send('Setup', numbers(number));
    return (message) =>
      this.#send('SendMessageToBackend', Buffer.concat([numbers(number), Buffer.from(`${message}\0`)]));
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(name: string, parameters: Buffer = Buffer.alloc(0)): void {
    const body = Buffer.concat([Buffer.from(`${name}\0`), parameters]);
    const header = Buffer.alloc(HEADER, LITTLE_ENDIAN);
    header.writeUInt32BE(body.length);
    this.#socket.write(Buffer.concat([header, body]));
  }

  #onData(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      if (this.#received.length < HEADER) return;
      const end = HEADER + this.#received.readUInt32BE();
      if (this.#received.length < end) return;
      const body = this.#received.subarray(HEADER, end);
      this.#received = this.#received.subarray(end);
      const name = body.subarray(0, body.indexOf(0)).toString();
      if (name === 'SendMessageToFrontend') this.#onMessage(body.subarray(name.length + 1));
    }
  }

  #onMessage(parameters: Buffer): void {
    const text = parameters.subarray(16, parameters.length - 1).toString();
    if (parameters.readBigUInt64LE() === BROWSER) this.#pages.get(parameters.readBigUInt64LE(8))?.(text);
  }
}

function numbers(page: bigint): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BROWSER);
  bytes.writeBigUInt64LE(page, 8);
  return bytes;
}

/** The Web Inspector protocol of one page. Where its process changes, it goes on in the new one. */
export class InspectedPage {
  readonly #send: (message: string) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #onEvent: OnEvent;
  readonly #prepare: () => Promise<unknown>;
  /** The process of the page: undefined before the first. */
  #target: string | undefined;
  /** Resolves when the first process of the page is prepared. */
  readonly ready: Promise<void>;
  #isReady!: () => void;
  #count = 0;

  /** @param prepare called for each process of the page, before its first document */
  constructor(
    connection: InspectorConnection,
    number: bigint,
    prepare: () => Promise<unknown>,
    onEvent: OnEvent,
  ) {
    this.#prepare = prepare;
    this.#onEvent = onEvent;
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
    this.#send = connection.attach(number, (message) => this.#onMessage(message));
    this.#sendToBrowser('Target.setPauseOnStart', { pauseOnStart: true });
  }

  /** @throws InspectorError with what the inspector says */
  call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      const message = JSON.stringify({ id, method, params });
      this.#sendToBrowser('Target.sendMessageToTarget', { targetId: this.#target, message });
    });
  }

  /** Gives up all calls that have no answer yet. */
  abandon(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new InspectorError(reason));
    this.#pending.clear();
  }

  #sendToBrowser(method: string, params: object): void {
    this.#send(JSON.stringify({ id: ++this.#count, method, params }));
  }

  #onMessage(text: string): void {
    const { method, params = {} } = JSON.parse(text) as Answer;
    const { targetInfo, newTargetId, targetId, message } = params as {
      targetInfo: { targetId: string; isPaused?: boolean };
      newTargetId: string;
      targetId: string;
      message: string;
    };
    if (method === 'Target.targetCreated') void this.#onTarget(targetInfo.targetId, targetInfo.isPaused);
    else if (method === 'Target.didCommitProvisionalTarget') this.#target = newTargetId;
    else if (method === 'Target.dispatchMessageFromTarget')
      this.#onAnswer(JSON.parse(message) as Answer, targetId);
  }

  async #onTarget(targetId: string, isPaused = false): Promise<void> {
    const before = this.#target;
    this.#target = targetId;
    await this.#prepare();
    if (isPaused) this.#sendToBrowser('Target.resume', { targetId });
    // Until a process is committed, the page is in the one before.
    if (before !== undefined && this.#target === targetId) this.#target = before;
    this.#isReady();
  }

  #onAnswer({ id, result = {}, error, method, params = {} }: Answer, from: string): void {
    if (id === undefined) {
      // It may come before the browser says that this process is the page's now. The one before is silent.
      if (method === 'Page.frameNavigated') this.#target = from;
      return this.#onEvent(method!, params);
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new InspectorError(error.message));
  }
}
