import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { createRegistry, type Registry, type RegistryOptions } from '../../../registry/index.js';
import { PROTOCOL_VERSION, parseFromServer, type FromServer } from '../../../schema/index.js';

/**
 * Adds a step that runs when the current test has ended, last first. Not an `afterEach` of this file: files
 * share it where tests are not isolated, and its hooks would be those of the first file only.
 */
export const later = (step: () => unknown): void => onTestFinished(async () => void (await step()));

/** Creates a directory that is removed after the test. Returns its real path. */
export async function temporary(): Promise<string> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'modcast-')));
  later(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export type Files = Readonly<Record<string, string | Uint8Array>>;

export async function write(directory: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Creates a directory with these files. */
export async function site(files: Files): Promise<string> {
  const directory = await temporary();
  await write(directory, files);
  return directory;
}

/** A small site with a file of each kind. */
export const SITE: Files = {
  'index.html': '<!doctype html><title>x</title><script type="module" src="main.js"></script>',
  'main.js': 'import "./lib/leaf.js";\nexport const url = import.meta.url;\n',
  'lib/leaf.js': 'export const leaf = 1;\n',
  'data.json': '{"a":1}\n',
  'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '.env': 'SECRET=1\n',
};

/** On the channel dev without joining modules, unless told otherwise: that reads all blobs at some time. */
export function open(options: RegistryOptions): Registry {
  const fuse = options.channel !== undefined && options.channel !== 'dev';
  const registry = createRegistry({ database: ':memory:', watch: false, author: 'ada', fuse, ...options });
  later(() => registry.close());
  return registry;
}

/** What a browser sends when a user opens a page. */
export const NAVIGATION = {
  'Sec-Fetch-Dest': 'document',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
} as const;

export interface Served {
  readonly registry: Registry;
  readonly directory: string;
  readonly port: number;
  readonly url: string;
}

export async function serve(files: Files = SITE, options: RegistryOptions = {}): Promise<Served> {
  const directory = await site(files);
  const registry = open({ directory, ...options });
  const { port, url } = await registry.listen();
  return { registry, directory, port, url };
}

/** Publishes a site, and serves it without its directory. */
export async function servePublished(files: Files, options: RegistryOptions = {}): Promise<Served> {
  const directory = await site(files);
  const database = path.join(directory, '.modcast/a.db');
  const { include = ['**/*.{js,mjs,json,css,html}'], ...rest } = options;
  const registry = open({ database, directory, include });
  await registry.ready;
  await registry.close();
  const head = open({ database, serveHead: true, ...rest });
  const { port, url } = await head.listen();
  return { registry: head, directory, port, url };
}

/** Sends raw bytes, and returns all bytes until the server closes the connection. */
export async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.on('error', () => {});
  socket.write(Buffer.from(request, 'latin1'));
  await once(socket, 'close');
  return Buffer.concat(pieces).toString('latin1');
}

export const get = (port: number, target: string, host = 'localhost'): Promise<string> =>
  raw(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

export const status = (response: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(response)?.[1]);

export const nextEvent = <T>(subscribe: (listener: (value: T) => void) => () => void): Promise<T> =>
  new Promise((resolve) => {
    const off = subscribe((value) => {
      off();
      resolve(value);
    });
  });

export type Frame = FromServer | Uint8Array;

/** A WebSocket client that keeps the frames it receives. */
export class Client {
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  readonly #wakers = new Set<() => void>();

  constructor(port: number, query = `protocol=${PROTOCOL_VERSION}&channel=dev`, options: ClientOptions = {}) {
    const origin = `http://127.0.0.1:${port}`;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/-/socket?${query}`, { origin, ...options });
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.frames.push(isBinary ? data : parseFromServer(data.toString('utf8')));
      for (const wake of this.#wakers) wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    later(() => this.socket.terminate());
  }

  /** Resolves with the first matching frame, received already or later. */
  async find<F extends Frame>(fits: (frame: Frame) => frame is F): Promise<F> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#wakers.delete(wake);
          resolve();
        };
        this.#wakers.add(wake);
      });
    }
  }

  message<T extends FromServer['type']>(type: T): Promise<Extract<FromServer, { type: T }>> {
    return this.find(
      (frame): frame is Extract<FromServer, { type: T }> =>
        !(frame instanceof Uint8Array) && frame.type === type,
    );
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

/** A request for a WebSocket. */
export const upgradeRequest = (target: string, headers: string): string =>
  `GET ${target} HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n\r\n`;

/** The status of a refused upgrade. */
export async function refusedUpgrade(
  port: number,
  headers: string,
  target = '/-/socket?protocol=1&channel=dev',
) {
  return raw(port, upgradeRequest(target, headers));
}
