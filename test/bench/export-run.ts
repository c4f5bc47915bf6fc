import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { asker, question } from '../decisions/kit.ts';
import { asked, type ExportKit, good, openExportKit, tenant } from '../reporting/kit.ts';
import { fillLedger } from './filled-ledger.ts';

/**
 * `node test/bench/export-run.ts <patients>`: a log of ten events and five logged answers a patient over three years,
 * and an export of all of them: prints how long each stage takes, the peak of the resident memory, and how long it
 * takes to verify the evidence. For more patients than `npm run bench` has time for.
 */
const eventsEach = 10;
const answersEach = 5;
const askedTogether = 500;
const span = { from: Date.parse('2023-10-01T00:00:00Z'), until: Date.parse('2026-10-01T00:00:00Z') };

export interface ExportRun {
  readonly patients: number;
  readonly seconds: number;
  /** Seconds by the stage of the work. */
  readonly stages: Readonly<Record<string, number>>;
  readonly verifiedIn: number;
  /** Of all threads: what others do on the machine does not count. */
  readonly cpuSeconds: number;
  /** Resident before, and at most. */
  readonly idleMiB: number;
  readonly peakMiB: number;
  readonly verifiedWithinMiB: number;
  readonly documentMiB: number;
}

const residentMiB = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

const patientOf = (n: number) => ({ system: 'urn:x', value: `P${n}` });

const fill = async (folder: string, patients: number): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await fillLedger(join(folder, 'data'), patients, eventsEach, span);
  const kit = await openExportKit(folder, false);
  const questions = Array.from({ length: answersEach }, () => question);
  for (let from = 0; from < patients; from += askedTogether) {
    const some = Array.from({ length: Math.min(askedTogether, patients - from) }, (_, n) =>
      patientOf(from + n),
    );
    await Promise.all(some.map(async (one) => good(await kit.decisions.ask(asker, tenant, one, questions))));
  }
  // What is done once in a while, whoever exports, has benches of its own.
  await kit.ledger.projections.caughtUp(600_000);
  good(await kit.evidence.checkpoint());
  await kit.close();
};

const measure = async (kit: ExportKit, patients: number): Promise<ExportRun> => {
  let peakMiB = 0;
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentMiB());
  }, 50);
  const identifiers = Array.from({ length: patients }, (_, n) => patientOf(n));
  const idleMiB = residentMiB();
  const before = process.cpuUsage();
  const begun = performance.now();
  const { view } = good(await kit.exports.ask(tenant, asker, asked(identifiers)));
  const stages: Record<string, number> = {};
  let stage = 'queued';
  let since = begun;
  for await (const { status, progress, failure } of kit.exports.watch(tenant, view.exportId)) {
    if (failure !== undefined) throw new Error(`the export failed: ${failure}`);
    const now = performance.now();
    stages[stage] = (stages[stage] ?? 0) + (now - since) / 1000;
    since = now;
    stage = progress.stage ?? status;
  }
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(before);
  const madeWithinMiB = peakMiB;
  const { bytes } = good(await kit.exports.document(tenant, view.exportId));
  const { chunks } = good(await kit.exports.package(tenant, view.exportId));
  const verifying = performance.now();
  const trusted = kit.evidence.verifiers.map((key) => parseVerifierKey(key)!);
  const verdict = await verifyPackage(chunks, { trusted });
  if (!verdict.valid) throw new Error(`the export is not valid: ${JSON.stringify(verdict.fault)}`);
  clearInterval(sampling);
  return {
    patients,
    seconds,
    stages,
    verifiedIn: (performance.now() - verifying) / 1000,
    cpuSeconds: (user + system) / 1e6,
    idleMiB,
    peakMiB: madeWithinMiB,
    verifiedWithinMiB: peakMiB,
    documentMiB: bytes / 1024 ** 2,
  };
};

const inFolder = async (folder: string, patients: number): Promise<ExportRun> => {
  const kit = await openExportKit(folder, false);
  try {
    return await measure(kit, patients);
  } finally {
    await kit.close();
  }
};

const self = fileURLToPath(import.meta.url);
/** As the service is started (package.json, Dockerfile): docs/operations.md says why. */
const env = { ...process.env, MALLOC_ARENA_MAX: '2' };

/** Fills a ledger and exports all of it, each in a process of its own, so that neither measures another's memory. */
export const exportRun = async (patients: number): Promise<ExportRun> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  try {
    await once(fork(self, [String(patients), 'fill', folder]), 'exit');
    const measuring = fork(self, [String(patients), 'measure', folder], { env });
    const ended = once(measuring, 'exit').then(() =>
      Promise.reject(new Error('the export was not measured')),
    );
    const [run] = (await Promise.race([once(measuring, 'message'), ended])) as [ExportRun];
    return run;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

if (process.argv[1] === self) {
  const [patients, part, folder = ''] = process.argv.slice(2);
  if (part === 'fill') await fill(folder, Number(patients));
  else if (part === 'measure') process.send!(await inFolder(folder, Number(patients)));
  else console.log(await exportRun(Number(patients)));
}
