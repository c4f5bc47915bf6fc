import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { currentConsent, RowWriter, rowsOf } from '../../src/projections/current-consent.ts';
import { ModelFile, modelPath } from '../../src/projections/model-file.ts';
import { openRecords, type Records, type RecordsOptions } from '../../src/record/records.ts';
import type { Rows } from '../../src/record/rows.ts';
import { sealEvent } from '../../src/record/sealing.ts';
import { patientStream } from '../../src/record/streams.ts';
import type { DecidedFact } from '../../src/record/written.ts';
import { openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import { type Keyring, openKeyring, type SubjectKey } from '../../src/vault/keyring.ts';
import { initKeys, type KeyStore, openKeyStore } from '../../src/vault/keystore.ts';
import type { Vault } from '../../src/vault/port.ts';
import { openSqliteVault } from '../../src/vault/sqlite.ts';

export const tenant = 'north';
export const patientOf = (n: number) => ({ system: 'urn:oid:1.2.3', value: `P-${n}` });
const agent = { issuer: 'https://issuer.example', subject: 'clerk' };

/** About 400 bytes of JSON. */
export const grantOf = (changes: Partial<ConsentGranted> = {}): ConsentGranted => ({
  consentId: randomUUID(),
  signedAt: '2026-01-01T00:00:00.000Z',
  rules: [
    {
      type: 'permit',
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
      recipient: [{ reference: 'Organization/f001' }],
      action: ['access', 'use'],
    },
  ],
  agent,
  ...changes,
});

export const revocationOf = (consentId: string): DecidedFact => ({
  type: 'ConsentRevoked',
  payload: { consentId, agent },
});

/** The real store, vault, keys and rows in a folder of their own. */
export interface Ledger {
  readonly store: SqliteStore;
  readonly vault: Vault;
  readonly keyStore: KeyStore;
  readonly keyring: Keyring;
  readonly rows: Rows;
  records(options?: Partial<RecordsOptions>): Records;
  /** Records facts as they are, a thousand at a time, without deciding on them. */
  write(key: SubjectKey, facts: readonly DecidedFact[]): Promise<void>;
  /** Writes the row of a patient as it stands. */
  renew(key: SubjectKey): Promise<void>;
  close(): Promise<void>;
}

export const openLedger = async (): Promise<Ledger> => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-bench-'));
  await initKeys(join(folder, 'keys'), Date.now());
  const keyStore = await openKeyStore(join(folder, 'keys'));
  const vault = openSqliteVault({ file: join(folder, 'vault', 'vault.db') });
  const store = await openSqliteStore({ folder, clock: Date.now });
  const model = new ModelFile(modelPath(folder, currentConsent), currentConsent, 'service');
  const writer = new RowWriter(model.db);
  const rows = rowsOf(model.db);
  const records = (options: Partial<RecordsOptions> = {}): Records =>
    openRecords({ store, log: store, rows, uuid: randomUUID, ...options });
  return {
    store,
    vault,
    keyStore,
    keyring: openKeyring({ vault, keyStore, uuid: randomUUID }),
    rows,
    records,
    write: async (key, facts) => {
      const stream = patientStream(key.subject);
      for (let from = 0; from < facts.length; from += 1_000) {
        const events = facts.slice(from, from + 1_000).map((fact, n) => {
          const place = { tenant, stream, revision: from + n };
          return sealEvent({ id: randomUUID(), ...fact }, place, key, eventDefinitions);
        });
        const { outcome } = await store.append(stream, events, from - 1);
        if (outcome !== 'appended') throw new Error(outcome);
      }
    },
    renew: async (key) => {
      const renewed = await records({ cacheSize: 0 }).renewedRow(tenant, key);
      if (!renewed.ok) throw new Error(renewed.error.code);
      writer.put(key.subject, renewed.value);
    },
    close: async () => {
      await store.close();
      await vault.close();
      model.close();
      await rm(folder, { recursive: true });
    },
  };
};
