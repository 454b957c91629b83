/** Runs suites: what is built first, and how many cases at a time. */
export { type Job, type JobListener, runJobs } from './local.ts';
export { type PrepareOptions, prepareVariant } from './prepare.ts';
