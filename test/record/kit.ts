import { randomUUID } from 'node:crypto';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { ok } from '../../schemas/result.ts';
import { type Decide, openRecords, type Records, type RecordsOptions } from '../../src/record/records.ts';
import type { Row, Rows, SealedRow } from '../../src/record/rows.ts';
import { openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import type { SubjectKey } from '../../src/vault/keyring.ts';
import { openVaultKit, type VaultKit } from '../vault/kit.ts';

export const tenant = 'north';
export const agent = { issuer: 'https://issuer.example', subject: 'clerk' };
export const patient = { system: 'urn:oid:1.2.3', value: 'P-1' };

/** Rows in memory, as the current-consent read model keeps them. */
export class MemoryRows implements Rows {
  readonly rows = new Map<string, Row>();
  readonly archives = new Map<string, Buffer>();

  get(subject: string): Row | undefined {
    return this.rows.get(subject);
  }

  archive(subject: string): Buffer | undefined {
    return this.archives.get(subject);
  }

  put(subject: string, { row, archive }: SealedRow): void {
    this.rows.set(subject, row);
    if (archive !== undefined) this.archives.set(subject, archive);
    else if (row.archivedAt === undefined) this.archives.delete(subject);
  }
}

export interface RecordKit extends VaultKit {
  readonly store: SqliteStore;
  readonly rows: MemoryRows;
  readonly records: Records;
  readonly key: SubjectKey;
  /** Records of another process on the same log: with a cache of their own. */
  others(options?: Partial<RecordsOptions>): Records;
  close(): Promise<void>;
}

/** The real store, vault and keys in a data folder, with one patient admitted. */
export const openRecordKit = async (folder: string): Promise<RecordKit> => {
  const kit = await openVaultKit(folder);
  const store = await openSqliteStore({ folder, clock: Date.now });
  const rows = new MemoryRows();
  const others = (options: Partial<RecordsOptions> = {}): Records =>
    openRecords({ store, log: store, rows, uuid: randomUUID, ...options });
  return {
    ...kit,
    store,
    rows,
    others,
    records: others(),
    key: await kit.keyring.admit(tenant, patient),
    close: async () => {
      await store.close();
      await kit.vault.close();
    },
  };
};

/** A plain consent: treatment is permitted to one organisation. */
export const consent = (changes: Partial<ConsentGranted> = {}): ConsentGranted => ({
  consentId: randomUUID(),
  signedAt: '2026-01-01T00:00:00.000Z',
  rules: [
    {
      type: 'permit',
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
      recipient: [{ reference: 'Organization/f001' }],
    },
  ],
  agent,
  ...changes,
});

/** A command that grants this consent, whatever the record holds. */
export const granting =
  (payload: ConsentGranted = consent()): Decide =>
  () =>
    ok([{ type: 'ConsentGranted', payload }]);

export const revoking =
  (consentId: string): Decide =>
  () =>
    ok([{ type: 'ConsentRevoked', payload: { consentId, agent } }]);

/** The value of a result that must be good. */
export const good = <T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T => {
  if (!result.ok) throw new Error(`a failure: ${JSON.stringify(result.error)}`);
  return result.value;
};
