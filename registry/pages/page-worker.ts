import { serveJobs } from '../job-thread.js';
import { runPageJob } from './page-jobs.js';

serveJobs(runPageJob);
