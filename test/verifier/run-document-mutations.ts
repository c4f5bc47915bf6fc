import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { inMemory, openPdf, verifyPdfSignature } from '../../src/pades/port.ts';
import { day, signedAt } from '../pades/kit.ts';
import { documentOf, root, signed, verdictOnDocument } from './document-kit.ts';
import { sealed } from './kit.ts';
import { story } from './story.ts';

/**
 * `node test/verifier/run-document-mutations.ts --runs 10000`: tampers with an export as a document, and counts what is
 * not caught. Most runs change what was signed; a fifth change it before it is signed by a key that is trusted, so that
 * the evidence or the pages must show it.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' } } });
const runs = Number(values.runs);
const { records } = await story();
const unsigned = await documentOf(sealed(records));
const good = await signed(unsigned);

const spliced = (bytes: Buffer, at: number, removed: number, ...put: number[]) =>
  Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + removed)]);

type Change = (bytes: Buffer) => Buffer;
const another: Change = (bytes) => {
  const at = randomInt(bytes.length);
  return spliced(bytes, at, 1, bytes[at]! ^ (1 + randomInt(255)));
};
const ways: Readonly<Record<string, () => Promise<Buffer | undefined>>> = {
  'a byte is another': async () => another(good),
  'a byte is left out': async () => spliced(good, randomInt(good.length), 1),
  'a byte is put in': async () => spliced(good, randomInt(good.length), 0, randomInt(256)),
  'it is cut off': async () => good.subarray(0, randomInt(good.length)),
  'a byte is another before it is signed': async () => {
    const changed = another(unsigned);
    return signed(changed).catch(() => undefined);
  },
};
const names = Object.keys(ways);

/** Where a document that was signed is another, for what is not caught. */
const placeOf = (changed: Buffer): string => {
  const at = changed.findIndex((byte, place) => byte !== unsigned[place]);
  const object = [...openPdf(inMemory(unsigned)).objects()].find(({ start, end }) => start <= at && at < end);
  const stream = object?.stream;
  return `byte ${at}, of object ${object?.number}${stream ? `, ${stream[1] - at} before the end of its stream` : ''}`;
};

/** A document whose signature does not hold is not valid, whatever else it is. */
const judged = async (changed: Buffer): Promise<{ isValid: boolean; by: string }> => {
  const signature = verifyPdfSignature(inMemory(changed), { trusted: [root], now: signedAt + day });
  if (signature.problem !== undefined) return { isValid: false, by: signature.problem.code };
  const { valid, evidence, pages, fault } = await verdictOnDocument(changed);
  const elsewhere = fault ? 'attachment' : pages?.valid ? 'nothing' : 'pages';
  return { isValid: valid, by: evidence?.fault?.code ?? elsewhere };
};

const tally = new Map(
  names.map((name) => [name, { runs: 0, unsignable: 0, found: new Map<string, number>() }]),
);
const missed: string[] = [];
for (let run = 0; run < runs; run += 1) {
  const name = names[run % names.length]!;
  const counted = tally.get(name)!;
  counted.runs += 1;
  const changed = await ways[name]!();
  if (changed === undefined) counted.unsignable += 1;
  else if (!changed.equals(good)) {
    const { isValid, by } = await judged(changed);
    counted.found.set(by, (counted.found.get(by) ?? 0) + 1);
    if (isValid) missed.push(placeOf(changed));
  }
  if (run % 500 === 499) process.stderr.write(`${run + 1} of ${runs}\n`);
}
for (const [name, { runs, unsignable, found }] of tally) {
  const by = [...found].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
  process.stdout.write(`${runs} × ${name}: ${[...by, `cannot be signed ${unsignable}`].join(', ')}\n`);
}
process.stdout.write(`${missed.length} of ${runs} not caught\n${missed.map((one) => `${one}\n`).join('')}`);
process.exitCode = missed.length === 0 ? 0 : 1;
