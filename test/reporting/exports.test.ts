import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ExportRecord } from '../../schemas/export/package.ts';
import { certificatesOf, inMemory, verifyPdfSignature } from '../../src/pades/port.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import { writePem } from '../pades/kit.ts';
import { stampingHierarchy } from '../pades/timestamp-kit.ts';
import { agent, asked, good, liveALife, openExportKit, over, patientOf, tenant } from './kit.ts';
import { recordsOf, verified, withExportKit, withFolder } from './with-kit.ts';

describe('an export', () => {
  it('is gathered, made and offered, with all that is known of those who were asked for', () =>
    withExportKit(async (kit) => {
      for (const name of ['P-1', 'P-2', 'P-3']) await liveALife(kit, patientOf(name));
      const identifiers = ['P-2', 'P-9', 'P-1', 'P-2'].map(patientOf);
      const { view } = good(await kit.exports.ask(tenant, agent, asked(identifiers)));
      const ended = await over(kit, view.exportId);
      assert.equal(ended.status, 'finished', JSON.stringify([ended, kit.troubles]));
      const records = await recordsOf(kit, view.exportId);
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
    withExportKit(async (kit) => {
      await rm(selfSignedFiles(kit.ledger.config.keysFolder).keyFile);
      const { view } = good(await kit.exports.ask(tenant, agent, asked([patientOf('P-1')])));
      const ended = await over(kit, view.exportId);
      assert.deepEqual([ended.status, ended.failure], ['failed', 'report-unsigned']);
      assert.deepEqual(kit.unsigned, [{ reason: 'setting-refused', setting: 'keysFolder' }]);
    }));

  it('fails where nobody vouches for the time of its signature, and tells by which setting', () =>
    withFolder(async (folder) => {
      const anchorsFile = join(folder, 'tsa.pem');
      await writePem(anchorsFile, [(await stampingHierarchy()).root.certificate]);
      const timestamp = { url: 'http://127.0.0.1:1/', anchorsFile };
      const kit = await openExportKit(folder, true, Date.now, { reportSigning: { timestamp } });
      const { view } = good(await kit.exports.ask(tenant, agent, asked([patientOf('P-1')])));
      assert.equal((await over(kit, view.exportId)).failure, 'report-unsigned');
      assert.deepEqual(kit.unsigned, [
        { reason: 'timestamp-unavailable', setting: 'reportSigning.timestamp.url' },
      ]);
      await kit.close();
    }));
});
