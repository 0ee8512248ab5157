import { parentPort, Worker, type Transferable } from 'node:worker_threads';

/** Milliseconds without a job after which a thread ends, unless told otherwise: it holds memory. */
const IDLE_MS = 30_000;

export interface JobThreadOptions {
  /** Milliseconds without a job after which the thread ends. */
  readonly idle?: number;
  /** Called when the thread has ended, with all that it knew. */
  readonly onEnd?: () => void;
}

/** What a thread sends: first that it is there, then a result for each job, by the job's number. */
type FromThread =
  | { readonly state: 'ready' }
  | { readonly state: 'done'; readonly id: number; readonly result: unknown }
  | { readonly state: 'failed'; readonly id: number; readonly error: unknown };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that does jobs, one after the other. It starts with the first one, and ends when it is idle. */
export class JobThread<Job> {
  readonly #file: URL;
  /** `absent`: it does not start, as in a bundle without its file. */
  #state: 'unknown' | 'ready' | 'absent' = 'unknown';
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #options: JobThreadOptions;

  /** @param file the thread's module, which calls `serveJobs` */
  constructor(file: URL, options: JobThreadOptions = {}) {
    this.#file = file;
    this.#options = options;
  }

  /** Whether there is no point in another job. */
  get isAbsent(): boolean {
    return this.#state === 'absent';
  }

  /**
   * Rejects when the thread does not start, or ends because of the job.
   *
   * @param transfer buffers of the job that the thread may take over
   */
  run(job: Job, transfer: readonly Transferable[] = []): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // The process has to wait for a job, but not for an idle thread.
    this.#worker.ref();
    const id = this.#count++;
    this.#worker.postMessage({ id, job }, transfer);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file);
    worker.on('message', (message: FromThread) => this.#receive(message));
    worker.on('error', (error) => {
      if (this.#state === 'unknown') this.#state = 'absent';
      this.#end(worker, error);
    });
    worker.on('exit', () => this.#end(worker, new Error('the thread ended')));
    return worker;
  }

  #receive(message: FromThread): void {
    if (message.state === 'ready') {
      this.#state = 'ready';
      return;
    }
    const { id } = message;
    if (message.state === 'done') this.#waiting.get(id)?.resolve(message.result);
    else this.#waiting.get(id)?.reject(message.error);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.close(), this.#options.idle ?? IDLE_MS).unref();
  }

  #end(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#options.onEnd?.();
  }
}

/** Does the jobs of a thread, in the thread. */
export function serveJobs<Job>(run: (job: Job) => unknown): void {
  const send = (message: FromThread): void => parentPort?.postMessage(message);
  parentPort?.on('message', async ({ id, job }: { id: number; job: Job }) => {
    try {
      send({ state: 'done', id, result: await run(job) });
    } catch (error) {
      send({ state: 'failed', id, error });
    }
  });
  send({ state: 'ready' });
}
