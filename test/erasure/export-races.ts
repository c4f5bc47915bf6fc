import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportIssued } from '../../schemas/events/report-issued.ts';
import { exportRecord } from '../../schemas/export/package.ts';
import { ok } from '../../schemas/result.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { openEnvelope } from '../../src/record/sealing.ts';
import { patientStream, reportStream, reportSystem } from '../../src/record/streams.ts';
import type { AskedExport } from '../../src/reporting/port.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { patientOf } from '../http/kit.ts';
import { agent, good, granting } from '../record/kit.ts';
import { approvedErasure, type ErasingLedger, tenant } from './saga-kit.ts';

/** What came of the rounds. */
export interface ExportRaces {
  readonly rounds: number;
  /** Exports that were offered in the end: the patient is not in them, or as erased; each verifies. */
  offered: number;
  /** Exports that were finished, and destroyed by the erasure; or stopped by it. */
  removed: number;
  /** Exports that were refused, as `patient-erased`. */
  failed: number;
  /** Downloads that came to their end, and that were cut off. */
  downloaded: number;
  cut: number;
  /** Reports whose ReportIssued was on its way as the record was closed, and stands behind it: never offered. */
  recordedLate: number;
}

/** How far the first export of a round is when the record is closed; what is told of no stage is what follows. */
const moments = [
  ...['queued', 'choosing', 'answers', 'patients', 'proofs', 'signing', 'issuing'],
  ...['finished', 'downloading'],
];
/** Milliseconds behind the moment: round after round another. */
const delays = [0, 0, 2, 5, 10, 30];
const askers = 2;
const stays = patientOf('stays');

const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Erases a patient while exports with this patient are asked for, made and downloaded without pause. Rejects where one
 * that shows the patient as known, or by the identifier, is offered once the record is closed, is recorded under a
 * checkpoint that covers the erasure, or is sent on once the exports are removed. `onRound` is told of each.
 */
export const raceExports = async (
  erasing: ErasingLedger,
  rounds: number,
  onRound: (round: number) => void = () => {},
): Promise<ExportRaces> => {
  const { keyring, records } = erasing.ledger;
  good(await records.execute(tenant, await keyring.admit(tenant, stays), granting(), {}));
  const sum = { rounds, offered: 0, removed: 0, failed: 0, downloaded: 0, cut: 0, recordedLate: 0 };
  for (let round = 0; round < rounds; round += 1) {
    await oneRound(erasing, round, sum);
    onRound(round);
  }
  return sum;
};

const oneRound = async (erasing: ErasingLedger, round: number, sum: ExportRaces): Promise<void> => {
  const { exports, failedExports } = erasing;
  const person = await approvedErasure(erasing, `export-race-${round}`);
  const identifiers = [person.patient, stays];
  const cohort: AskedExport['cohort'] = round % 4 === 3 ? { by: 'all' } : { by: 'identifiers', identifiers };
  const asked: string[] = [];
  const offeredLate = new Set<string>();
  const sentLate = new Set<string>();
  let [running, closed, removed] = [true, false, false];

  const asks = async (): Promise<void> => {
    while (running) {
      const request = { kind: 'history', language: 'en', cohort } as const;
      const { exportId } = good(await exports.ask(tenant, agent, request)).view;
      asked.push(exportId);
      for await (const _ of exports.watch(tenant, exportId));
    }
  };
  const downloads = async (): Promise<void> => {
    for (; running; await sleep(1))
      for (const exportId of asked) {
        const late = closed;
        const read = await exports.document(tenant, exportId);
        if (!read.ok) continue;
        if (late) offeredLate.add(exportId);
        try {
          for await (const _ of read.value.chunks) {
            if (removed) sentLate.add(exportId);
            await turn();
          }
          sum.downloaded += 1;
        } catch (error) {
          assert.match(String(error), /the export was destroyed/);
          sum.cut += 1;
        }
      }
  };
  const momentOfFirst = async (): Promise<number> => {
    const [first] = asked;
    if (first === undefined) return -1;
    const { status, progress } = good(await exports.get(tenant, first));
    if (status === 'queued') return 0;
    if (status !== 'running') return sum.downloaded > before ? moments.length : moments.indexOf('finished');
    return progress.stage === 'rendering'
      ? moments.indexOf('proofs')
      : moments.indexOf(progress.stage ?? 'choosing');
  };

  const before = sum.downloaded;
  const inFlight = [...Array.from({ length: askers }, asks), downloads()];
  const result = await erasing.carryOut(
    person.erasureId,
    (_name, port) => port,
    async (step) => {
      if (step === 'close') {
        while ((await momentOfFirst()) < round % moments.length) await turn();
        await sleep(delays[Math.floor(round / moments.length) % delays.length]);
      }
      closed ||= step === 'hear';
      removed ||= step === 'models';
    },
  );
  running = false;
  await Promise.all(inFlight);
  assert.deepEqual(result, ok(undefined));
  assert.ok(
    failedExports.every((code) => code === 'patient-erased'),
    failedExports.join(),
  );

  const offered = await judged(erasing, person, asked, sum);
  for (const late of [offeredLate, sentLate])
    assert.ok(
      [...late].every((exportId) => offered.has(exportId)),
      'a report with the person was offered after the erasure',
    );
  await countIssued(erasing, person.subject, offered, sum);
};

/** The exports that are offered, of which none may show the person; all others must be gone. */
const judged = async (
  { exports, evidence, ledger }: ErasingLedger,
  { subject, patient }: Awaited<ReturnType<typeof approvedErasure>>,
  asked: readonly string[],
  sum: ExportRaces,
): Promise<ReadonlySet<string>> => {
  const offered = new Set<string>();
  const trusted = evidence.verifiers.map((key) => parseVerifierKey(key)!);
  for (const exportId of asked) {
    const { status, failure } = good(await exports.get(tenant, exportId));
    if (status === 'finished') {
      const chunks = await Array.fromAsync(good(await exports.package(tenant, exportId)).chunks);
      const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
      for (const record of lines.map((line) => exportRecord.parse(JSON.parse(line)))) {
        if (record.record !== 'patient') continue;
        if (record.subject === subject) assert.equal(record.status, 'erased');
        if (record.identifier?.value === patient.value) assert.equal(record.status, 'unknown');
      }
      const verdict = await verifyPackage(fromAsync(chunks), { trusted, previous: undefined });
      assert.ok(verdict.valid, verdict.fault?.detail);
      offered.add(exportId);
      sum.offered += 1;
      continue;
    }
    if (status === 'failed') assert.equal(failure, 'patient-erased');
    else assert.equal(status, 'removed');
    assert.ok(!existsSync(join(ledger.config.dataFolder, 'exports', `${exportId}.db`)), 'it has a file yet');
    sum[status] += 1;
  }
  return offered;
};

async function* fromAsync(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Counts reports that are recorded behind the erasure and were not offered; they must be proven from before it. */
const countIssued = async (
  { ledger: { keyring, store } }: ErasingLedger,
  subject: string,
  offered: ReadonlySet<string>,
  sum: ExportRaces,
): Promise<void> => {
  const erasedAt = store.streamSlice(patientStream(subject), 0).at(-1)!;
  assert.equal(erasedAt.type, 'PatientErased');
  const key = await keyring.admit(tenant, { system: reportSystem, value: tenant });
  for (const event of store.streamSlice(reportStream(key.subject), 0)) {
    const { exportId, checkpointSize } = openEnvelope(event, key).payload as ReportIssued;
    if (event.index < erasedAt.index || offered.has(exportId)) continue;
    assert.ok(checkpointSize < erasedAt.index, 'a report with the person is proven from after the erasure');
    sum.recordedLate += 1;
  }
};
