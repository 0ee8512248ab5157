import { limited } from './driver.js';

declare global {
  /** What to do before the worker of the tests ends. Undefined where nothing would do it. */
  var beforeWorkerEnds: (() => Promise<unknown>)[] | undefined;
}

interface Closable {
  close(): Promise<void>;
}

/** A running browser. Contexts share no storage. */
export interface BrowserProcess<Context extends Closable, Options> extends Closable {
  newContext(options?: Options): Promise<Context>;
  /** False once it has ended. */
  isConnected(): boolean;
}

/** What a group of tests has of a browser. Its `close` closes its contexts. */
export type BrowserShare<Context extends Closable, Options> = Omit<
  BrowserProcess<Context, Options>,
  'isConnected'
>;

/** In milliseconds. Contexts close in this time on a busy machine, unless a page hangs in a loop. */
const CLOSING = 30_000;

/**
 * Lets all test files of a worker use one process of a browser: to start it takes longer than most tests. It
 * ends with the worker. Where nothing says when that is, each share has a process of its own.
 *
 * @param closing milliseconds that contexts have to close, before their process is ended
 * @returns a function that starts the process if none runs
 */
export function sharing<Context extends Closable, Options>(
  start: () => Promise<BrowserProcess<Context, Options>>,
  closing = CLOSING,
): () => Promise<BrowserShare<Context, Options>> {
  let shared: Promise<BrowserProcess<Context, Options>> | undefined;

  const startShared = (atEnd: (() => Promise<unknown>)[]) => {
    const starting = start();
    atEnd.push(async () => (await starting).close());
    return starting;
  };

  return async () => {
    const { beforeWorkerEnds } = globalThis;
    if (beforeWorkerEnds === undefined) return start();
    if (shared !== undefined && !(await isRunning(shared))) shared = undefined;
    const mine = (shared ??= startShared(beforeWorkerEnds));
    const process = await mine;
    const contexts = new Set<Context>();
    return {
      async newContext(options) {
        const context = await process.newContext(options);
        contexts.add(context);
        const close = context.close.bind(context);
        return Object.assign(context, {
          close() {
            contexts.delete(context);
            return close();
          },
        });
      },
      async close() {
        const closed = Promise.all([...contexts].map((context) => context.close()));
        await limited(closed, closing, () => 'Contexts have not closed').catch(async () => {
          // Other tests get a new one.
          if (shared === mine) shared = undefined;
          await process.close();
        });
      },
    };
  };
}

const isRunning = (starting: Promise<{ isConnected(): boolean }>): Promise<boolean> =>
  starting.then(
    (process) => process.isConnected(),
    () => false,
  );
