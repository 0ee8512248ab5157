import pc from 'picocolors';

/** Exit codes of every command: 0 done, 1 failed with a message that says why, 2 called wrongly. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** What a command knows of the place where it runs. Handed in, so that a test can run the program in its own process. */
export interface Io {
  /** Standard output. @throws OutputClosed when its reader has gone */
  write(data: string | Uint8Array): void;
  /** Standard error. */
  error(text: string): void;
  /** Whether standard output is a terminal: then, and only then, there are pagers and progress. */
  readonly tty: boolean;
  /** Columns that a line may take; Infinity into a pipe or a file, unless COLUMNS says otherwise. */
  readonly columns: number;
  readonly colours: Colours;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** Milliseconds since 1970. */
  now(): number;
  /** What the process ends with when the command does not fail. */
  exitCode: number;
  /** What it ends with when the command fails: 1, unless the command's 1 means something else. */
  failureCode: number;
}

export type Colours = ReturnType<typeof pc.createColors>;

/** Whoever read the output has gone (`| head`, or a pager that was quit): the command ends, and has not failed. */
export class OutputClosed extends Error {}

/** NO_COLOR and FORCE_COLOR as no-color.org and force-color.org say: set to anything but an empty text. */
export function wantsColour(env: Io['env'], tty: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return tty && env['TERM'] !== 'dumb';
}

/** Columns of what does not say how many it has. */
export const DEFAULT_COLUMNS = 80;

/** What a program reads is not to be cut, and what a person reads is to fit. */
export function lineColumns(
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
  env: Io['env'],
): number {
  const { COLUMNS = '' } = env;
  if (columns) return columns;
  if (/^[1-9]\d*$/.test(COLUMNS)) return Number(COLUMNS);
  return isTTY ? DEFAULT_COLUMNS : Infinity;
}

/** The process this is. */
export function processIo(): Io {
  let closed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  const tty = process.stdout.isTTY === true;
  return {
    write(data) {
      if (closed) throw new OutputClosed();
      process.stdout.write(data);
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
