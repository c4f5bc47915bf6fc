import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadStart } from '../../src/projections/thread-messages.ts';
import type { ThreadPlaces } from '../../src/projections-thread.ts';

/** As src/projections-thread.ts, but the first follower ends in the midst of its work. */
const { job, places } = workerData as ThreadStart<ThreadPlaces>;
await import('../../src/projections-thread.ts');
const died = `${places.logFile}.died`;
if (job.kind === 'follow' && !existsSync(died))
  parentPort!.on('message', ({ kind }: { readonly kind: string }) => {
    if (kind !== 'grew') return;
    writeFileSync(died, '');
    process.exit(1);
  });
