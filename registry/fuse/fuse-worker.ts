import { serveJobs } from '../job-worker.js';
import { FuseJobs, type FuseJob } from './fuse-jobs.js';

const jobs = new FuseJobs();
serveJobs((job: FuseJob) => jobs.run(job));
