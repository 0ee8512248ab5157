import { LIMITS } from '../../schema/index.js';
import { runPageJob, type PageJob, type PageResult } from './page-jobs.js';
import { PageThread } from './page-thread.js';

/** One for the process: a second one would only take memory. */
const shared = new PageThread();

/** Does a job in the thread for a large page, so that other requests are answered meanwhile. */
export async function onPage<J extends PageJob>(job: J, thread = shared): Promise<PageResult<J>> {
  if (job.html.length <= LIMITS.inlinePageBytes || thread.isAbsent) return runPageJob(job);
  try {
    return await thread.run(job);
  } catch (error) {
    if (thread.isAbsent) return runPageJob(job);
    throw error;
  }
}
