import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OutputClosed, type Io } from '../io.js';

/** Writes text or bytes. Await it: it resolves when the reader can take more. */
export type Write = (data: string | Uint8Array) => Promise<void>;

/** The pager as a shell command; undefined if there is none. */
export function pagerOf({ tty, env }: Pick<Io, 'tty' | 'env'>): string | undefined {
  if (!tty) return undefined;
  const pager = env['MODCAST_PAGER'] ?? env['PAGER'] ?? 'less';
  return pager === '' || pager === 'cat' ? undefined : pager;
}

/** A shell's exit code for a command that it cannot find. */
const NO_SUCH_COMMAND = 127;

/**
 * Runs `work`. On a terminal its output goes to a pager: MODCAST_PAGER, else PAGER, else less. Unless LESS is
 * set, `LESS=FRX` keeps colours and prints short output without paging.
 */
export async function paged(io: Io, work: (write: Write) => Promise<void>): Promise<void> {
  const pager = pagerOf(io);
  if (pager === undefined) return work(async (data) => io.write(data));
  const child = spawn(pager, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', ...process.env },
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let closed = false;
  child.stdin.on('error', () => (closed = true));
  // Ctrl-C goes to the pager. The command ends when the pager does.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const sent: (string | Uint8Array)[] = [];
  try {
    await work(async (data) => {
      sent.push(data);
      if (closed) throw new OutputClosed();
      // Not events.once: it rejects when the pipe closes with an error.
      if (!child.stdin.write(data)) {
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
  if (code === NO_SUCH_COMMAND) for (const data of sent) io.write(data);
}
