import { serveJobs } from '../job-thread.js';
import { FuseJobs, type FuseJob } from './fuse-jobs.js';

const jobs = new FuseJobs();
serveJobs((job: FuseJob) => jobs.run(job));
