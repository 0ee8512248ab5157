import { serveJobs } from '../job-worker.js';
import { runPageJob, type PageJob } from './page-jobs.js';

serveJobs((job: PageJob) => runPageJob(job));
