import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Job, ThreadStart } from './thread-messages.ts';

/** How the threads of the read models are started: their entry module, and what it needs to find log and vault. */
export interface ThreadEntry {
  readonly entry: URL;
  readonly places: unknown;
}

export const startThread = (
  { entry, places }: ThreadEntry,
  job: Job,
  resourceLimits: ResourceLimits = {},
): Worker =>
  new Worker(entry, { workerData: { job, places } satisfies ThreadStart<unknown>, resourceLimits });
