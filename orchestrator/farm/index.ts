/** Runs suites: what is built first, and how many cases at a time. */
export type { Job } from './job.ts';
export { type JobListener, type JobReport, type RunJobsOptions, runJobs } from './local.ts';
export { type PrepareOptions, prepareVariant } from './prepare.ts';
