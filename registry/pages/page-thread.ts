import { Worker } from 'node:worker_threads';
import type { PageJob, PageResult } from './page-jobs.js';
import type { FromPageWorker } from './page-worker.js';

/** Milliseconds without a job after which the thread ends. It holds the memory of a large page. */
const IDLE_MS = 30_000;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that works on pages, one after the other. It starts with the first job. */
export class PageThread {
  readonly #file: URL;
  /** `absent`: it does not start, as in a bundle without its file. */
  #state: 'unknown' | 'ready' | 'absent' = 'unknown';
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(file = new URL('./page-worker.js', import.meta.url)) {
    this.#file = file;
  }

  /** Whether there is no point in another job. */
  get isAbsent(): boolean {
    return this.#state === 'absent';
  }

  /** Rejects when the thread does not start, or ends because of the page. */
  run<J extends PageJob>(job: J): Promise<PageResult<J>> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // The process has to wait for a job, but not for an idle thread.
    this.#worker.ref();
    const id = this.#count++;
    // Its own copy: the bytes may be a part of something larger.
    const html = new Uint8Array(job.html);
    this.#worker.postMessage({ id, job: { ...job, html } }, [html.buffer]);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file);
    worker.on('message', (message: FromPageWorker) => this.#receive(message));
    worker.on('error', (error) => {
      if (this.#state === 'unknown') this.#state = 'absent';
      this.#end(worker, error);
    });
    worker.on('exit', () => this.#end(worker, new Error('the thread that reads pages ended')));
    return worker;
  }

  #receive(message: FromPageWorker): void {
    if (message.state === 'ready') {
      this.#state = 'ready';
      return;
    }
    const { id } = message;
    if (message.state === 'done') this.#waiting.get(id)?.resolve(message.result as never);
    else this.#waiting.get(id)?.reject(message.error);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
  }

  #end(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
