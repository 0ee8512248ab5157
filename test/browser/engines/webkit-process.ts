import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';

/**
 * Runs a command, and kills it with all its children when standard input ends: that also happens when the
 * process of the test is killed.
 */
const GUARDED = 'exec 9<&0; "$@" </dev/null 9<&- & cat <&9 >/dev/null; kill -KILL 0';

/** A program that never outlives the process of the test. */
export class GuardedProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  /** @param report receives what the program writes to its file descriptor 3 */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv, report?: (text: string) => void) {
    this.#child = spawn('sh', ['-c', GUARDED, 'sh', ...command], {
      // Its own process group.
      detached: true,
      env,
      stdio: ['pipe', 'ignore', 'ignore', report === undefined ? 'ignore' : 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    if (report !== undefined) (this.#child.stdio[3] as Readable).on('data', (data) => report(String(data)));
  }

  async kill(): Promise<void> {
    this.#child.stdin!.end();
    await this.#exited;
  }
}

/** A TCP port of 127.0.0.1 that nothing uses. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts an X server without a screen at a free display. @returns its environment */
export async function startDisplay(): Promise<{ env: NodeJS.ProcessEnv; close(): Promise<void> }> {
  const command = ['Xvfb', '-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'];
  let server!: GuardedProcess;
  const number = await new Promise<string>((resolve) => {
    server = new GuardedProcess(command, process.env, resolve);
  });
  return { env: { ...process.env, DISPLAY: `:${number.trim()}` }, close: () => server.kill() };
}
