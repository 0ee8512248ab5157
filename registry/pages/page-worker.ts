import { parentPort } from 'node:worker_threads';
import { runPageJob, type PageJob } from './page-jobs.js';

/** What the thread sends: first that it is there, then a result for each job, by the job's number. */
export type FromPageWorker =
  | { readonly state: 'ready' }
  | { readonly state: 'done'; readonly id: number; readonly result: unknown }
  | { readonly state: 'failed'; readonly id: number; readonly error: unknown };

const send = (message: FromPageWorker): void => parentPort?.postMessage(message);

parentPort?.on('message', ({ id, job }: { id: number; job: PageJob }) => {
  try {
    send({ state: 'done', id, result: runPageJob(job) });
  } catch (error) {
    send({ state: 'failed', id, error });
  }
});
send({ state: 'ready' });
