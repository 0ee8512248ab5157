import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { OutputClosed, type Io } from '../io.js';

/** Adds `--json`. Each command's help says the shape; fields may be added to it, none is taken away or renamed. */
export function jsonOption(command: Command, shape: string): Command {
  return command.option('--json', `print JSON: ${shape}`);
}

/** One JSON document. */
export function writeJson(io: Io, value: unknown): void {
  io.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** One line of JSON lines (jsonlines.org), for lists that can be long. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Takes text; to be awaited, so that a reader who is slower than the writer is waited for. */
export type Write = (text: string) => Promise<void>;

/** The pager as a shell command; undefined for none. */
export function pagerOf({ tty, env }: Pick<Io, 'tty' | 'env'>): string | undefined {
  if (!tty) return undefined;
  const pager = env['MODCAST_PAGER'] ?? env['PAGER'] ?? 'less';
  return pager === '' || pager === 'cat' ? undefined : pager;
}

/** As a shell says that it knows no such command. */
const NO_SUCH_COMMAND = 127;

/**
 * Runs `work` with its output in a pager where standard output is a terminal: MODCAST_PAGER, else PAGER, else less,
 * with `LESS=FRX` unless LESS says otherwise (short output stays on the screen, colours come through).
 */
export async function paged(io: Io, work: (write: Write) => Promise<void>): Promise<void> {
  const pager = pagerOf(io);
  if (pager === undefined) return work(async (text) => io.write(text));
  const child = spawn(pager, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', ...process.env },
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let closed = false;
  child.stdin.on('error', () => (closed = true));
  // Ctrl-C is for the pager; it ends the command when it ends itself.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const sent: string[] = [];
  try {
    await work(async (text) => {
      sent.push(text);
      if (closed) throw new OutputClosed();
      // Not events.once, which takes the pipe's end for a failure.
      if (!child.stdin.write(text)) {
        await Promise.race([new Promise((resolve) => child.stdin.once('drain', resolve)), ended]);
      }
    });
  } catch (error) {
    if (!(error instanceof OutputClosed)) {
      child.stdin.end();
      await ended;
      throw error;
    }
  } finally {
    process.off('SIGINT', ignore);
  }
  child.stdin.end();
  const [code] = await ended;
  if (code === NO_SUCH_COMMAND) io.write(sent.join(''));
}
