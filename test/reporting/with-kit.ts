import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExportRecord, exportRecord } from '../../schemas/export/package.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { verifyPackage } from '../../src/verifier/package.ts';
import { type ExportKit, good, openExportKit, tenant, textOf } from './kit.ts';

export const withFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-exports-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export const withExportKit = (work: (kit: ExportKit, folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const kit = await openExportKit(folder);
    try {
      await work(kit, folder);
    } finally {
      await kit.close();
    }
  });

/** The records of an export, each in the shape of the contract. */
export const recordsOf = async ({ exports }: ExportKit, exportId: string): Promise<ExportRecord[]> => {
  const text = await textOf(good(await exports.package(tenant, exportId)).chunks);
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => exportRecord.parse(JSON.parse(line)));
};

/** The evidence of an export, which anybody must be able to verify with the keys of the ledger alone. */
export const verified = async ({ exports, evidence }: ExportKit, exportId: string, previous?: string) => {
  const { chunks } = good(await exports.package(tenant, exportId));
  const trusted = evidence.verifiers.map((key) => parseVerifierKey(key)!);
  const verdict = await verifyPackage(chunks, { trusted, previous });
  assert.equal(verdict.valid, true, JSON.stringify(verdict));
  return verdict;
};
