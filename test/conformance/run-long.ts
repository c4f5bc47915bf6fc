/** Compares ledger and oracle over many random cases: `node test/conformance/run-long.ts 100000 [seed]`. */
import { compareRandomCases } from './compare.ts';

const [count, seed] = process.argv.slice(2).map(Number);
const total = count ?? 100_000;
const batch = 5_000;
for (let done = 0; done < total; done += batch) {
  const size = Math.min(batch, total - done);
  compareRandomCases(size, seed === undefined ? undefined : seed + done);
  process.stdout.write(`${done + size} cases agree\n`);
}
