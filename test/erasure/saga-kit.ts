import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Suppression } from '../../schemas/erasure.ts';
import { type Ledger, openLedger, openLedgerDecisions, openLedgerEvidence } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { approve, request } from '../../src/erasure/decide.ts';
import { Erasures } from '../../src/erasure/erasures.ts';
import { carryOutErasure, type Step } from '../../src/erasure/saga.ts';
import { ErasureWork, type WorkParts } from '../../src/erasure/work.ts';
import type { Evidence } from '../../src/evidence/port.ts';
import { openLedgerExports } from '../../src/ledger-exports.ts';
import { makeSelfSigned } from '../../src/pades/self-signed.ts';
import { openRecords } from '../../src/record/records.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import type { Exports } from '../../src/reporting/port.ts';
import { initKeys } from '../../src/vault/keystore.ts';
import { patientOf, questionOf } from '../http/kit.ts';
import { agent, consent, good, granting } from '../record/kit.ts';
import { terms } from './kit.ts';

export const tenant = 'tenant-a';

/** A ledger of its own in a folder, as the service opens it, and what an erasure of it rests on. */
export interface ErasingLedger {
  readonly ledger: Ledger;
  /** `wrap` lays something between the erasure and each port that it uses. */
  work(wrap?: Wrap, onStep?: WorkParts['onStep'], changes?: Partial<WorkParts>): ErasureWork;
  /** Carries out one request alone. */
  carryOut(erasureId: string, wrap: Wrap, onStep?: (step: Step) => void | Promise<void>): Promise<unknown>;
  readonly evidence: Evidence;
  readonly exports: Exports;
  /** Codes of the exports that failed. */
  readonly failedExports: string[];
  close(): Promise<void>;
}
export type Wrap = <Port extends object>(name: string, port: Port) => Port;

export const configOf = async (folder: string, changes: object = {}) => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify({ dataFolder: join(folder, 'data'), ...changes }));
  const loaded = loadConfig(file, {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
};

export const newKeys = async (folder: string, changes?: object) => {
  const { keysFolder } = await configOf(folder, changes);
  await initKeys(keysFolder, Date.now());
  await makeSelfSigned(selfSignedFiles(keysFolder), Date.now());
};

export const openErasing = async (folder: string, changes?: object): Promise<ErasingLedger> => {
  const ledger = await openLedger(await configOf(folder, changes));
  const { evidence, exports: exportEvidence, close } = await openLedgerEvidence(ledger);
  const failedExports: string[] = [];
  const exports = await openLedgerExports(ledger, exportEvidence, {
    onTrouble: (code) => failedExports.push(code),
    onUnsigned: ({ reason }) => assert.fail(reason),
  });
  const { store, keyring, projections, vault, uuid, clock } = ledger;
  const partsOf = (wrap: Wrap, onStep: NonNullable<WorkParts['onStep']>) => {
    const writing = wrap('store', store);
    const { rows } = projections;
    return {
      erasures: new Erasures({ store: writing, log: store, keyring, uuid }),
      records: openRecords({ store: writing, log: store, rows, uuid }),
      vault: wrap('vault', vault),
      exports: wrap('exports', exports),
      evidence: wrap('evidence', evidence),
      ...{ keyring, projections, clock, onStep, log: store },
      ...{ maxStalenessMs: 0, waitMs: 20_000, soonDays: 7, retentionDays: 1000 },
    };
  };
  return {
    ...{ ledger, evidence, exports, failedExports },
    work: (wrap = (_name, port) => port, onStep = () => {}, changes = {}) =>
      new ErasureWork({ ...partsOf(wrap, onStep), ...changes }),
    carryOut: async (erasureId, wrap, onStep = () => {}) => {
      const erasure = good(await ledger.erasures.find(tenant, erasureId));
      const { signal } = new AbortController();
      return carryOutErasure(
        { ...partsOf(wrap, (_id, step) => onStep(step)), signal },
        { erasureId, tenant, erasure },
      );
    },
    close: async () => {
      await exports.close();
      await close();
      await ledger.close();
    },
  };
};

const justReceived = { recordRevision: 0, recordedSince: [], turnedToPermit: [] };
const officer = { issuer: 'urn:issuer', subject: 'clerk' };

/** A patient with a consent and an answer about it; asked to be erased and approved. */
export const approvedErasure = async (
  { ledger }: ErasingLedger,
  value: string,
  suppression?: Suppression,
) => {
  const { keyring, records, erasures } = ledger;
  const patient = patientOf(value);
  const key = await keyring.admit(tenant, patient);
  const open = consent({ rules: [{ type: 'permit' }] });
  good(await records.execute(tenant, key, granting(open), {}));
  const decisions = good(await openLedgerDecisions(ledger));
  good(await decisions.ask(agent, tenant, patient, [questionOf() as never]));
  const { erasureId } = good(
    await erasures.open(
      tenant,
      (erasure, now) =>
        request(erasure, { subject: key.subject, patient, terms, officer, receivedAt: now }, now, 'UTC'),
      {},
    ),
  );
  const approval = {
    approved: 0,
    officer: { ...officer, subject: 'head' },
    ...(suppression && { suppression }),
  };
  good(
    await erasures.execute(
      tenant,
      erasureId,
      (erasure) => approve(erasure, approval, justReceived, false),
      {},
    ),
  );
  return { patient, subject: key.subject, erasureId };
};

/** Holds everything that must be so of somebody who was erased. */
export const assertErased = async (
  { ledger }: ErasingLedger,
  { patient, subject, erasureId }: Awaited<ReturnType<typeof approvedErasure>>,
): Promise<void> => {
  const { store, vault, keyring, projections } = ledger;
  const types = (stream: string) => store.streamSlice(stream, 0).map(({ type }) => type);
  assert.deepEqual(types(`consents-${subject}`), ['ConsentGranted', 'PatientErased']);
  const noted = types(`erasures-${erasureId}`);
  assert.equal(new Set(noted).size, noted.length, `a step was noted twice: ${noted}`);
  assert.equal(noted.at(-1), 'ErasureExecuted');
  assert.equal(await vault.get(subject), undefined);
  assert.equal(await keyring.find(tenant, patient), undefined);
  assert.ok(await projections.caughtUp(20_000));
  assert.equal(projections.rows.get(subject), undefined);
  assert.deepEqual(projections.disclosures(subject, {}, undefined, 10), []);
  const erasure = good(await ledger.erasures.find(tenant, erasureId));
  assert.deepEqual(
    erasure.listed?.recipients.map(({ reference }) => reference),
    ['Organization/a'],
    'who must be told was taken before the key died',
  );
};
