import { test } from 'node:test';
import { killServer } from './server-kill.ts';

/** A longer run: node test/faults/server-kill.test.ts 1000 */
const kills = Number(process.argv[2] ?? 10);

test(`${kills} SIGKILLs of the server under 8 writers: nothing acknowledged is lost, nothing doubled`, async (t) => {
  await killServer(kills, (so) => t.diagnostic(JSON.stringify(so)));
});
