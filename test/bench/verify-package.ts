import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { benchKey, packageLines } from './package-maker.ts';

/**
 * `node test/bench/verify-package.ts <patients>`: verifies the evidence of an export of patients with ten events and
 * three logged answers each, in a process of its own; prints what it took.
 */
export interface Measured {
  readonly megabytes: number;
  readonly seconds: number;
  /** Of the processor: what other processes do does not count. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const verify = async (path: string): Promise<Measured> => {
  const begun = performance.now();
  const verdict = await verifyPackage(createReadStream(path), { trusted: [parseVerifierKey(benchKey)!] });
  if (!verdict.valid) throw new Error(JSON.stringify(verdict.fault));
  const { user, system } = process.cpuUsage();
  return {
    megabytes: statSync(path).size / 1e6,
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
};

const inChild = async (...parts: string[]): Promise<unknown> => {
  const [result] = await once(fork(fileURLToPath(import.meta.url), parts), 'message');
  return result;
};

/** Verifies an export of so many patients. */
export const measureVerify = async (patients: number): Promise<Measured> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  try {
    const path = join(folder, 'evidence.jsonl');
    // In a process of its own too: a child's peak would begin with what its parent holds.
    await inChild('--make', path, String(patients));
    return (await inChild('--verify', path)) as Measured;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, path, patients] = process.argv.slice(2);
  const answer = (result: unknown) => process.send?.(result, () => process.exit());
  if (first === '--make') {
    await pipeline(packageLines(Number(patients)), createWriteStream(path!));
    answer('made');
  } else if (first === '--verify') answer(await verify(path!));
  else {
    const { megabytes, seconds, cpuSeconds, peakMiB } = await measureVerify(Number(first));
    console.log(
      `${megabytes.toFixed(0)} MB in ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of the processor), ` +
        `peak ${Math.round(peakMiB)} MiB resident`,
    );
  }
}
