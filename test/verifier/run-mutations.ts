import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { sealed, verdictOn } from './kit.ts';
import { mutations } from './mutations.ts';
import { story } from './story.ts';

/** `node test/verifier/run-mutations.ts --runs 10000`: tampers with an export, and counts what is not caught. */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' } } });
const { records, earlier } = await story();
const good = { records, bytes: Buffer.from(sealed(records), 'utf8') };
const ways = Object.entries(mutations);

const tally = new Map(ways.map(([name]) => [name, { runs: 0, codes: new Map<string, number>() }]));
const missed: string[] = [];
for (let run = 0; run < Number(values.runs); ) {
  const [name, mutate] = ways[run % ways.length]!;
  const changed = mutate(good, (n) => randomInt(n));
  if (changed === undefined) continue;
  run += 1;
  const { valid, fault } = await verdictOn(changed, earlier);
  const counted = tally.get(name)!;
  counted.runs += 1;
  if (valid) missed.push(`${name}: ${changed.toString('base64')}`);
  else counted.codes.set(fault!.code, (counted.codes.get(fault!.code) ?? 0) + 1);
}
for (const [name, { runs, codes }] of tally) {
  const found = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
  process.stdout.write(`${runs} × ${name}: ${found.join(', ')}\n`);
}
process.stdout.write(`${missed.length} of ${values.runs} not caught\n${missed.slice(0, 3).join('\n')}`);
process.exitCode = missed.length === 0 ? 0 : 1;
