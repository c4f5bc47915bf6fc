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

/**
 * Ends a thread in the midst of its work, once it has said its first word: it says that when it has loaded all native
 * modules. Node-API ends the whole process where a thread is terminated while it loads one.
 */
export const terminatorOf = (worker: Worker): (() => void) => {
  const loaded = new Promise((resolve) => worker.once('message', resolve).once('exit', resolve));
  return () => void loaded.then(() => worker.terminate());
};
