import { serveJobs } from '../job-thread.js';
import { runPageJob, type PageJob } from './page-jobs.js';

serveJobs((job: PageJob) => runPageJob(job));
