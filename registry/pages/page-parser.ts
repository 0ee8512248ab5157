import { LIMITS } from '../../schema/index.js';
import { JobWorker } from '../job-worker.js';
import { runPageJob, type PageJob, type PageResult } from './page-jobs.js';

/** One for the process: a second one would only take memory. */
const shared = new JobWorker<PageJob>(new URL('./page-worker.js', import.meta.url));

/** Does a job in the thread for a large page, so that other requests are answered meanwhile. */
export async function onPage<J extends PageJob>(job: J, thread = shared): Promise<PageResult<J>> {
  if (job.html.length <= LIMITS.inlinePageBytes || thread.isAbsent) return runPageJob(job);
  try {
    // Its own copy: the bytes may be a part of something larger.
    const html = new Uint8Array(job.html);
    return (await thread.run({ ...job, html }, [html.buffer])) as PageResult<J>;
  } catch (error) {
    if (thread.isAbsent) return runPageJob(job);
    throw error;
  }
}
