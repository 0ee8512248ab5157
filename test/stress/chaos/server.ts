import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, connect, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { manifestFromJson, type Manifest } from '../../../schema/index.js';

/** `FUSE=1` lets pages load when the modules are joined, so that they run runs. */
const WAITS = process.env['FUSE'] === '1';

const MAIN = path.resolve(import.meta.dirname, '../../../dist/bin/modcast.js');

export interface Head {
  readonly deploy: number;
  readonly manifest: Manifest;
}

/**
 * `modcast serve` in a separate process that can be killed, behind a proxy that can cut its connections.
 */
export class KilledServer {
  /** Output of all its processes so far. */
  output = '';
  readonly #directory: string;
  readonly #database: string;
  readonly #options: readonly string[];
  readonly #sockets = new Set<Socket>();
  #child: ChildProcess | undefined;
  #front: Server | undefined;
  #port = 0;

  /** @param options more options of `modcast serve` */
  constructor(directory: string, database: string, options: readonly string[] = []) {
    this.#directory = directory;
    this.#database = database;
    this.#options = options;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Resident memory of the process in bytes. */
  get memory(): number {
    const text = readFileSync(`/proc/${this.#child!.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) * 1024;
  }

  /** Loads of pages that got runs, with `FUSE=1`. */
  get fusedLoads(): number {
    return this.output.match(/ with [1-9]\d* of \d+ runs/g)?.length ?? 0;
  }

  get isUp(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the server accepts connections. The address is always the same. */
  async start(): Promise<void> {
    const options = [
      'serve',
      this.#directory,
      '--db',
      this.#database,
      '--port',
      '0',
      ...(WAITS ? ['--fuse'] : []),
      ...this.#options,
    ];
    const child = spawn(process.execPath, [MAIN, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: WAITS ? { ...process.env, DEBUG: 'modcast:fuse' } : process.env,
    });
    this.#child = child;
    const target = await new Promise<number>((resolve, reject) => {
      let text = '';
      const read = (data: Buffer) => {
        this.output += data;
        text += data;
        const port = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1];
        if (port !== undefined && (!WAITS || / is fused:/.test(text))) resolve(Number(port));
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${this.output}`)));
    });
    child.removeAllListeners('exit');
    this.#front = createServer((socket) => this.#pass(socket, target));
    this.#front.listen(this.#port, '127.0.0.1');
    await once(this.#front, 'listening');
    this.#port = (this.#front.address() as { port: number }).port;
  }

  /** Kills the process with SIGKILL. Its address refuses connections until the next start. */
  async kill(): Promise<void> {
    const child = this.#child;
    const front = this.#front;
    if (child === undefined || front === undefined) return;
    this.#child = this.#front = undefined;
    const gone = [once(child, 'exit'), new Promise((resolve) => front.close(resolve))];
    child.kill('SIGKILL');
    this.cut();
    await Promise.all(gone);
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async head(): Promise<Head> {
    // A new connection: a kept-alive one may have been cut.
    const response = await fetch(`${this.url}-/channels/dev/manifest.json`, {
      headers: { connection: 'close' },
    });
    return {
      deploy: Number(response.headers.get('Modcast-Deploy')),
      manifest: manifestFromJson(await response.json()),
    };
  }

  #pass(socket: Socket, target: number): void {
    const back = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [socket, back],
      [back, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
