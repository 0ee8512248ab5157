import pc from 'picocolors';
import type { Io } from '../../../cli/io.js';
import { run } from '../../../cli/program.js';

/** Output and exit code of a run. */
export interface RunResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program in this process, without a terminal. */
export async function modcast(
  cwd: string,
  args: readonly string[],
  io: Partial<Io> = {},
): Promise<RunResult> {
  const out: Uint8Array[] = [];
  let err = '';
  const code = await run(args, {
    write: (data) => void out.push(Buffer.from(data)),
    error: (text) => (err += text),
    tty: false,
    columns: 80,
    colours: pc.createColors(false),
    cwd,
    env: { PATH: process.env['PATH'] },
    now: () => Date.UTC(2026, 10, 23, 12),
    exitCode: 0,
    failureCode: 1,
    ...io,
  });
  return { code, out: Buffer.concat(out).toString(), err };
}
