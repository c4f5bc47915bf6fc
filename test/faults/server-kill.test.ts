import { test } from 'node:test';
import { killServer } from './server-kill.ts';

/** A longer run, which says how far it is: node test/faults/server-kill.test.ts 1000 */
const kills = Number(process.argv[2] ?? 10);

test(`${kills} SIGKILLs of the server under 8 writers: nothing acknowledged is lost, nothing doubled`, async () => {
  await killServer(kills, (figures) => {
    if (kills > 10) process.stderr.write(`${JSON.stringify(figures)}\n`);
  });
});
