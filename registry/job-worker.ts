import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker, type Transferable } from 'node:worker_threads';

/** Milliseconds without a job after which a worker ends, unless told otherwise: it holds memory. */
const IDLE_MS = 30_000;

export interface JobWorkerOptions {
  /**
   * A thread starts sooner, and can take over buffers. A process gives back all of its memory when it ends,
   * also that of native code. Default thread.
   */
  readonly kind?: 'thread' | 'process';
  /** Milliseconds without a job after which the worker ends. */
  readonly idle?: number;
  /** Called when the worker has ended, with all that it knew. */
  readonly onEnd?: () => void;
}

/** What a worker sends: first that it is there, then a result for each job, by the job's number. */
type FromWorker =
  | { readonly state: 'ready' }
  | { readonly state: 'done'; readonly id: number; readonly result: unknown }
  | { readonly state: 'failed'; readonly id: number; readonly error: unknown };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Does jobs elsewhere, one after the other. It starts with the first one, and ends when it is idle. */
export class JobWorker<Job> {
  readonly #file: URL;
  /** `absent`: it does not start, as in a bundle without its file. */
  #state: 'unknown' | 'ready' | 'absent' = 'unknown';
  #worker: Worker | ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #options: JobWorkerOptions;

  /** @param file the worker's module, which calls `serveJobs` */
  constructor(file: URL, options: JobWorkerOptions = {}) {
    this.#file = file;
    this.#options = options;
    // A process would complain on the terminal.
    if (options.kind === 'process' && !existsSync(file)) this.#state = 'absent';
  }

  /** Whether there is no point in another job. */
  get isAbsent(): boolean {
    return this.#state === 'absent';
  }

  /**
   * Rejects when the worker does not start, or ends because of the job.
   *
   * @param transfer buffers of the job that a thread may take over
   */
  run(job: Job, transfer: readonly Transferable[] = []): Promise<unknown> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    // The process has to wait for a job, but not for an idle worker.
    for (const handle of handlesOf(worker)) handle?.ref();
    const id = this.#count++;
    if (worker instanceof Worker) worker.postMessage({ id, job }, transfer);
    else worker.send({ id, job });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (worker instanceof Worker) await worker.terminate();
    else if (worker?.kill('SIGKILL') === true) {
      // Otherwise this process might end here, as nothing else keeps it alive.
      worker.ref();
      await once(worker, 'exit');
    }
  }

  #start(): Worker | ChildProcess {
    const isProcess = this.#options.kind === 'process';
    const worker = isProcess ? startProcess(this.#file) : new Worker(this.#file);
    const fail = (error: unknown) => {
      if (this.#state === 'unknown') this.#state = 'absent';
      this.#end(worker, error);
    };
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', fail);
    worker.on('exit', (code) => {
      const error = new Error(`the ${isProcess ? 'process' : 'thread'} ended`);
      // Without a code it was ended by a signal.
      if (isProcess && code !== null) fail(error);
      else this.#end(worker, error);
    });
    return worker;
  }

  #receive(message: FromWorker): void {
    if (message.state === 'ready') {
      this.#state = 'ready';
      return;
    }
    const { id } = message;
    if (message.state === 'done') this.#waiting.get(id)?.resolve(message.result);
    else this.#waiting.get(id)?.reject(message.error);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    if (this.#worker !== undefined) for (const handle of handlesOf(this.#worker)) handle?.unref();
    this.#idle = setTimeout(() => void this.close(), this.#options.idle ?? IDLE_MS).unref();
  }

  #end(worker: Worker | ChildProcess, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#options.onEnd?.();
  }
}

/** What keeps this process alive. */
const handlesOf = (worker: Worker | ChildProcess) =>
  worker instanceof Worker ? [worker] : [worker, worker.channel];

const startProcess = (file: URL): ChildProcess =>
  fork(fileURLToPath(file), {
    // Jobs contain typed arrays and maps.
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });

/** Does the jobs of a worker, in the worker. */
export function serveJobs<Job>(run: (job: Job) => unknown): void {
  const send = (message: FromWorker): void => {
    if (parentPort === null) process.send?.(message);
    else parentPort.postMessage(message);
  };
  const receive = async ({ id, job }: { id: number; job: Job }) => {
    try {
      send({ state: 'done', id, result: await run(job) });
    } catch (error) {
      send({ state: 'failed', id, error });
    }
  };
  if (parentPort === null) {
    process.on('message', receive);
    process.on('disconnect', () => process.exit());
    // A terminal signals all processes. The one that started this one decides when it ends.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  } else {
    parentPort.on('message', receive);
  }
  send({ state: 'ready' });
}
