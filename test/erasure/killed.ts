import { openErasing } from './saga-kit.ts';

/** Carries out what is approved in a folder, and ends at once, as by a loss of power, at one step of one request. */
const [folder, erasureId, at] = process.argv.slice(2) as [string, string, string];
const erasing = await openErasing(folder);
await erasing
  .work(undefined, (id, step) => {
    if (id === erasureId && step === at) process.kill(process.pid, 'SIGKILL');
  })
  .pass();
await erasing.close();
