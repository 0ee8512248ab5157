import pc from 'picocolors';
import { explainSystemError } from '../registry/system-error.js';

/** Exit codes of every command: 0 success, 1 failure with a message that says why, 2 wrong usage. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** The environment of a command. An argument, so that a test can run the program in its own process. */
export interface Io {
  /** Writes to standard output. @throws OutputClosed; `disk-full`, `file-unavailable` if a write failed */
  write(data: string | Uint8Array): void;
  /** Resolves when all output is written. Rejects as `write` throws. Absent: `write` writes at once. */
  readonly flush?: () => Promise<void>;
  /** Writes to standard error. */
  error(text: string): void;
  /** Whether standard output is a terminal. Pagers and progress need one. */
  readonly tty: boolean;
  /** Columns of a line. Infinity in a pipe or a file, unless COLUMNS is set. */
  readonly columns: number;
  readonly colours: Colours;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** Milliseconds since 1970. */
  now(): number;
  /** The exit code if the command does not fail. */
  exitCode: number;
  /** The exit code if the command fails: 1, unless 1 has another meaning for the command. */
  failureCode: number;
}

export type Colours = ReturnType<typeof pc.createColors>;

const CANNOT_WRITE = 'cannot write to standard output';

/** The reader closed the output: `| head`, or a pager that was quit. The command ends without an error. */
export class OutputClosed extends Error {}

/** Follows NO_COLOR and FORCE_COLOR, as defined by no-color.org and force-color.org. */
export function wantsColour(env: Io['env'], tty: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return tty && env['TERM'] !== 'dumb';
}

/** Columns of a terminal that does not report its width. */
export const DEFAULT_COLUMNS = 80;

/** Output for a person fits the terminal. Output for a program is not cut. */
export function lineColumns(
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
  env: Io['env'],
): number {
  const { COLUMNS = '' } = env;
  if (columns) return columns;
  if (/^[1-9]\d*$/.test(COLUMNS)) return Number(COLUMNS);
  return isTTY ? DEFAULT_COLUMNS : Infinity;
}

/** The environment of this process. */
export function processIo(): Io {
  let failure: unknown;
  const fail = (error: NodeJS.ErrnoException) => {
    failure ??= error.code === 'EPIPE' ? new OutputClosed() : explainSystemError(error, CANNOT_WRITE);
  };
  process.stdout.on('error', fail);
  // There is no place left to report it.
  process.stderr.on('error', () => {});
  const tty = process.stdout.isTTY === true;
  return {
    write(data) {
      if (failure !== undefined) throw failure;
      process.stdout.write(data);
    },
    async flush() {
      const error = await new Promise<Error | null | undefined>((resolve) => {
        process.stdout.write('', resolve);
      });
      if (error instanceof Error) fail(error);
      if (failure !== undefined) throw failure;
    },
    error: (text) => void process.stderr.write(text),
    tty,
    columns: lineColumns(process.stdout, process.env),
    colours: pc.createColors(wantsColour(process.env, tty)),
    cwd: process.cwd(),
    env: process.env,
    now: Date.now,
    exitCode: EXIT.done,
    failureCode: EXIT.failed,
  };
}
