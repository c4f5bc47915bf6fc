import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identifier } from '../../schemas/coding.ts';
import { type Ledger, openLedger, openLedgerDecisions, openLedgerEvidence } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Decisions } from '../../src/decisions/port.ts';
import type { Evidence, ExportEvidence } from '../../src/evidence/port.ts';
import { openLedgerExports } from '../../src/ledger-exports.ts';
import { makeSelfSigned } from '../../src/pades/self-signed.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import type { AskedExport, Exports, ExportView } from '../../src/reporting/port.ts';
import type { Unsigned } from '../../src/reporting/thread.ts';
import { initKeys } from '../../src/vault/keystore.ts';
import { asker, question } from '../decisions/kit.ts';
import { agent, consent, good, granting, revoking, tenant } from '../record/kit.ts';

export { agent, good, tenant };

export interface ExportKit {
  readonly ledger: Ledger;
  readonly decisions: Decisions;
  readonly evidence: Evidence;
  readonly exportEvidence: ExportEvidence;
  readonly exports: Exports;
  /** Codes of what went wrong while nobody waited. */
  readonly troubles: string[];
  /** Why each that could not be signed was not. */
  readonly unsigned: Unsigned[];
  close(): Promise<void>;
}

/** A configuration on a data folder of its own; a second time on the same folder it is the same ledger. */
export const configOf = async (
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Config> => {
  const file = join(folder, 'config.json');
  const settings = {
    dataFolder: join(folder, 'data'),
    evidence: { origin: 'ledger.example/north' },
    ...changes,
  };
  await writeFile(file, JSON.stringify(settings));
  const loaded = loadConfig(file, {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
};

/** The real ledger with its exports; `isNew`: with keys of its own. */
export const openExportKit = async (
  folder: string,
  isNew = true,
  clock?: () => number,
  changes?: Readonly<Record<string, unknown>>,
): Promise<ExportKit> => {
  const config = await configOf(folder, changes);
  if (isNew) await initKeys(config.keysFolder, Date.now());
  const signerFiles = selfSignedFiles(config.keysFolder);
  if (!existsSync(signerFiles.keyFile)) await makeSelfSigned(signerFiles, Date.now());
  const ledger = await openLedger(config, clock);
  const decisions = good(await openLedgerDecisions(ledger));
  const { evidence, exports: exportEvidence, close } = await openLedgerEvidence(ledger);
  const troubles: string[] = [];
  const unsigned: Unsigned[] = [];
  const exports = await openLedgerExports(ledger, exportEvidence, {
    onTrouble: (code) => troubles.push(code),
    onUnsigned: (one) => unsigned.push(one),
  });
  return {
    ...{ ledger, decisions, evidence, exportEvidence, exports, troubles, unsigned },
    close: async () => {
      await exports.close();
      await close();
      await ledger.close();
    },
  };
};

export const patientOf = (value: string): Identifier => ({ system: 'urn:oid:1.2.3', value });

/** A patient who gives a consent, is asked about, and withdraws. */
export const liveALife = async (
  { ledger, decisions }: ExportKit,
  identifier: Identifier,
): Promise<string> => {
  const { keyring, records } = ledger;
  const key = await keyring.admit(tenant, identifier);
  const payload = consent({ consentId: randomUUID() });
  good(await records.execute(tenant, key, granting(payload), {}));
  good(await decisions.ask(asker, tenant, identifier, [question, { ...question, action: 'use' }]));
  good(await records.execute(tenant, key, revoking(payload.consentId), {}));
  good(await decisions.ask(asker, tenant, identifier, [question]));
  return key.subject;
};

export const asked = (
  identifiers: readonly Identifier[],
  changes: Partial<AskedExport> = {},
): AskedExport => ({
  kind: 'history',
  language: 'en',
  cohort: { by: 'identifiers', identifiers },
  reason: 'Order 7 of 2026',
  ...changes,
});

/** Waits until the work on an export is over, and gives how it then stands. */
export const over = async ({ exports }: ExportKit, exportId: string): Promise<ExportView> => {
  let last: ExportView | undefined;
  for await (const view of exports.watch(tenant, exportId)) last = view;
  assert.ok(last, 'there is no such export');
  return last;
};

export const textOf = async (chunks: AsyncIterable<Uint8Array>): Promise<string> => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
};
