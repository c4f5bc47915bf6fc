import { withFolder } from '../vault/kit.ts';
import { race } from './races.ts';
import { newKeys, openErasing } from './saga-kit.ts';

/** Many races: `node test/erasure/run-races.ts [rounds]`. The figures in docs/erasure.md are from here. */
const rounds = Number(process.argv[2] ?? 1_000);
await withFolder(async (folder) => {
  await newKeys(folder);
  const erasing = await openErasing(folder);
  const races = await race(erasing, rounds, (round) => {
    if ((round + 1) % 100 === 0) process.stderr.write(`${round + 1} of ${rounds}\n`);
  });
  process.stdout.write(`${JSON.stringify(races)}\n`);
  await erasing.close();
});
