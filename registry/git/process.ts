import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { ModcastError } from '../../schema/index.js';

/** No password prompts, no locks, the original history, English messages. */
const ENVIRONMENT = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  LC_ALL: 'C',
};

/** Buffers a stream of bytes, to be read in other pieces. */
class Source {
  readonly #pieces: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) return false;
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    return true;
  }

  /** The next byte, which stays in the buffer. Undefined at the end. */
  async peek(): Promise<number | undefined> {
    while (this.#held.length === 0) if (!(await this.#more())) return undefined;
    return this.#held[0];
  }

  /** The bytes up to a delimiter, which is dropped. Undefined when the stream ends before. */
  async until(delimiter: number): Promise<Buffer | undefined> {
    for (let from = 0; ;) {
      const at = this.#held.indexOf(delimiter, from);
      if (at !== -1) {
        const taken = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + 1);
        return taken;
      }
      from = this.#held.length;
      if (!(await this.#more())) return undefined;
    }
  }

  /** Drops bytes. False when the stream ends before. */
  async skip(length: number): Promise<boolean> {
    let left = length;
    while (left > this.#held.length) {
      left -= this.#held.length;
      this.#held = Buffer.alloc(0);
      if (!(await this.#more())) return false;
    }
    this.#held = this.#held.subarray(left);
    return true;
  }

  async exactly(length: number): Promise<Buffer | undefined> {
    if (this.#held.length < length) {
      // Join once: a large blob comes in thousands of pieces.
      const pieces = [this.#held];
      let total = this.#held.length;
      while (total < length) {
        const { done, value } = await this.#pieces.next();
        if (done === true) return undefined;
        pieces.push(value);
        total += value.length;
      }
      this.#held = Buffer.concat(pieces, total);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}

export function gitFailed(message: string, found?: unknown): ModcastError {
  return new ModcastError('git-failed', message, { found });
}

/** A git process that takes commands line by line. */
export class GitProcess {
  readonly source: Source;
  readonly #child;
  #said = '';
  #error: Error | undefined;
  readonly #closed: Promise<unknown>;

  constructor(repository: string, args: readonly string[]) {
    const child = spawn('git', ['-C', repository, '--literal-pathspecs', ...args], {
      env: { ...process.env, ...ENVIRONMENT },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once('close', resolve));
    child.once('error', (error) => (this.#error = error));
    // `finish` reports why git ended.
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.source = new Source(child.stdout);
  }

  async write(text: string): Promise<void> {
    const { stdin } = this.#child;
    if (stdin.write(text) || stdin.destroyed) return;
    await Promise.race([once(stdin, 'drain').catch(() => {}), this.#closed]);
  }

  end(): void {
    this.#child.stdin.end();
  }

  stop(): void {
    this.#child.kill();
  }

  /** @throws ModcastError `git-failed` unless git exited with 0 */
  async finish(): Promise<void> {
    await this.#closed;
    if (this.#error !== undefined) {
      const missing = (this.#error as NodeJS.ErrnoException).code === 'ENOENT';
      throw gitFailed(missing ? 'git is not installed, or not in PATH' : `git: ${this.#error.message}`);
    }
    if (this.#child.exitCode === 0) return;
    const lines = this.#said.trim().split('\n');
    throw gitFailed(
      `git: ${lines[0]!.replace(/^(?:fatal|error): /, '') || 'ended early'}`,
      this.#child.exitCode,
    );
  }
}
