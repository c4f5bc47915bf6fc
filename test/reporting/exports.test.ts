import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ExportRecord, exportRecord } from '../../schemas/export/package.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { certificatesOf, inMemory, verifyPdfSignature } from '../../src/pades/port.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import {
  agent,
  asked,
  type ExportKit,
  good,
  liveALife,
  openExportKit,
  over,
  patientOf,
  tenant,
  textOf,
} from './kit.ts';

const withKit = async (work: (kit: ExportKit, folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-exports-'));
  try {
    const kit = await openExportKit(folder);
    try {
      await work(kit, folder);
    } finally {
      await kit.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The evidence of an export, which anybody must be able to verify with the keys of the ledger alone. */
const verified = async ({ exports, evidence }: ExportKit, exportId: string) => {
  const { chunks } = good(await exports.package(tenant, exportId));
  const trusted = evidence.verifiers.map((key) => parseVerifierKey(key)!);
  const verdict = await verifyPackage(chunks, { trusted });
  assert.equal(verdict.valid, true, JSON.stringify(verdict));
  return verdict;
};

describe('an export', () => {
  it('is gathered, made and offered, with all that is known of those who were asked for', () =>
    withKit(async (kit) => {
      for (const name of ['P-1', 'P-2', 'P-3']) await liveALife(kit, patientOf(name));
      const identifiers = ['P-2', 'P-9', 'P-1', 'P-2'].map(patientOf);
      const { view } = good(await kit.exports.ask(tenant, agent, asked(identifiers)));
      const ended = await over(kit, view.exportId);
      assert.equal(ended.status, 'finished', JSON.stringify([ended, kit.troubles]));
      const text = await textOf(good(await kit.exports.package(tenant, view.exportId)).chunks);
      const records = text
        .split('\n')
        .slice(0, -1)
        .map((line) => exportRecord.parse(JSON.parse(line)));
      assert.deepEqual(
        records.flatMap((record) =>
          record.record === 'patient' ? [[record.status, record.identifier?.value]] : [],
        ),
        [
          ['known', 'P-2'],
          ['unknown', 'P-9'],
          ['known', 'P-1'],
        ],
      );
      const { note: _, ...end } = records.at(-1) as Extract<ExportRecord, { record: 'end' }>;
      assert.deepEqual(end, {
        record: 'end',
        patients: { known: 2, unknown: 1, erased: 0 },
        events: 4,
        decisions: 6,
        records: records.length,
      });
      await verified(kit, view.exportId);
      const pdf = good(await kit.exports.document(tenant, view.exportId));
      const digest = createHash('sha256');
      const chunks: Uint8Array[] = [];
      for await (const chunk of pdf.chunks) {
        digest.update(chunk);
        chunks.push(chunk);
      }
      assert.equal(digest.digest('hex'), ended.document?.sha256);
      const { certificatesFile } = selfSignedFiles(kit.ledger.config.keysFolder);
      const trusted = certificatesOf(await readFile(certificatesFile, 'utf8'));
      const verdict = verifyPdfSignature(inMemory(Buffer.concat(chunks)), { trusted, now: Date.now() });
      assert.deepEqual([verdict.problem, verdict.valid], [undefined, true]);
    }));

  it('fails where no key signs reports, before anything is gathered', () =>
    withKit(async (kit) => {
      await rm(selfSignedFiles(kit.ledger.config.keysFolder).keyFile);
      const { view } = good(await kit.exports.ask(tenant, agent, asked([patientOf('P-1')])));
      const ended = await over(kit, view.exportId);
      assert.deepEqual([ended.status, ended.failure], ['failed', 'report-unsigned']);
    }));
});
