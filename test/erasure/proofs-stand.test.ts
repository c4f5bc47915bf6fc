import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compactVerify, importJWK } from 'jose';
import type {
  ExportDecision,
  ExportEvent,
  ExportPatient,
  ExportRecord,
} from '../../schemas/export/package.ts';
import type { ProvenEvent } from '../../schemas/http/evidence.ts';
import type { Checkpoint } from '../../src/evidence/checkpoint.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import {
  faultInDecisions,
  faultInEvents,
  faultInGrowth,
  leafHashOf,
  stands,
  trustedCheckpoint,
} from '../../src/evidence/verify.ts';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  questionOf,
  refusedWith,
  type TestService,
} from '../http/kit.ts';
import { assertNone, canary, identified } from '../support/canaries.ts';
import { approve, executed, type Officer, officer, requested } from './kit.ts';
import { contentOf, type Downloaded, downloaded, trustOf, verifyOffline } from './report-kit.ts';

const everybody = { kind: 'history', cohort: { by: 'all' } };

/** All that was handed out about a patient, and to be verified by: it is read from the ledger no more. */
const issuedAbout = async (service: TestService, patient: object) => {
  const earlier = await downloaded(service, everybody);
  const report = await downloaded(service, everybody);
  const signed = answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
  const proof = { patient, limit: 500 };
  return {
    ...{ earlier, report, checkpoint: signed.note },
    trust: trustOf(service, signed.verifiers),
    verifiers: signed.verifiers.map((key) => parseVerifierKey(key)!),
    events: answered('proveEvents', await service.post('/evidence/proofs', proof)),
    decisions: answered('proveDecisions', await service.post('/evidence/proofs/decisions', proof)),
    receipt: answered('receiveReceipt', await service.post('/evidence/receipts', { patient, revision: 0 }))
      .receipt,
  };
};

/** What a report shows of a patient: its record, and the events and answers behind it. */
const shownOf = (records: readonly ExportRecord[], subject: string) => {
  const at = records.findIndex((one) => one.record === 'patient' && one.subject === subject);
  const patient = records[at] as ExportPatient;
  assert.ok(patient, 'the report does not show this patient');
  const events = records.slice(at + 1, at + 1 + patient.events) as ExportEvent[];
  const decisions = records.slice(at + 1 + patient.events).slice(0, patient.decisions) as ExportDecision[];
  return { patient, events, decisions };
};

const closed = <Record extends object>(records: readonly Record[]) =>
  records.map((record) => ({ ...record, opened: undefined }));

describe('what was proven before an erasure', () => {
  const [patient, stays] = [identified(), patientOf('stays')];
  let service: TestService;
  let clerk: Officer;
  let kept: Awaited<ReturnType<typeof issuedAbout>>;
  let subject: string;
  let erasureId: string;
  before(async () => {
    service = await openTestService({ evidence: { origin: 'ledger.example/erasing' } });
    clerk = await officer(service, { subject: 'clerk' });
    for (let n = 0; n < 2; n += 1) {
      const words = [
        [patient, { grantor: [canary()] }, { custodian: canary() }],
        [stays, {}, {}],
      ] as const;
      for (const [whose, granting, asking] of words) {
        answered('grantConsent', await service.post('/consents', grantFor(whose, granting)));
        const asked = { patient: whose, question: questionOf(asking) };
        answered('askDecision', await service.post('/decisions', asked));
      }
    }
    kept = await issuedAbout(service, patient);
    subject = kept.events.head.name.slice('consents-'.length);
    erasureId = await requested(clerk, patient, { note: canary(), identityCheck: canary() });
    const head = await officer(service, { subject: 'head' });
    answered('approveErasure', await approve(head, erasureId));
    await executed(clerk, erasureId);
  });
  after(() => service.remove());

  const trusted = (note: string): Checkpoint => {
    const checkpoint = trustedCheckpoint(note, kept.verifiers);
    assert.ok(checkpoint, 'no key that signed before signed this');
    return checkpoint;
  };

  it('is still proven: checkpoint, events, answers, receipt; and the log went on from there', async () => {
    const { events, decisions, checkpoint, receipt } = kept;
    assert.equal(events.events.length, 2);
    assert.equal(faultInEvents(events.events, events.head, trusted(events.checkpoint)), undefined);
    assert.equal(decisions.decisions.length, 2);
    const { head } = decisions;
    const under = trusted(decisions.checkpoint);
    assert.equal(faultInDecisions(decisions.decisions, subject, head, under), undefined);
    assert.match(faultInDecisions(decisions.decisions.slice(1), subject, head, under) ?? '', /has 2, and 1/);

    const [verifier] = kept.verifiers;
    const key = await importJWK(verifier!.publicKey.export({ format: 'jwk' }), 'EdDSA');
    const { payload } = await compactVerify(receipt, key);
    const received = JSON.parse(Buffer.from(payload).toString()) as {
      checkpoint: string;
      event: ProvenEvent;
    };
    assert.ok(stands(received.event, trusted(received.checkpoint)));
    assert.deepEqual(leafHashOf(received.event), leafHashOf(events.events[0]!));

    const since = trusted(checkpoint);
    const asked = { patient: stays, since: since.size };
    const grown = answered('proveEvents', await service.post('/evidence/proofs', asked));
    const now = trusted(grown.checkpoint);
    assert.ok(now.size > since.size);
    assert.equal(faultInGrowth(since, now, grown.consistency!.path), undefined);
    refusedWith('patient-unknown', await service.post('/evidence/proofs', { patient }));

    const path = `/erasures/${erasureId}/certificate`;
    const { certificate } = answered('erasureCertificate', await clerk.get(path));
    const { event: last, head: ended } = certificate.proof;
    const all = [...events.events, last];
    assert.deepEqual([last.revision, last.previous], [2, leafHashOf(events.events[1]!).toString('hex')]);
    assert.deepEqual(ended.found?.hash, leafHashOf(all.at(-1)!).toString('hex'), 'nothing follows it');
  });

  it('stands in reports that somebody kept, which verify, with the key of nobody', async () => {
    const { earlier, report, trust } = kept;
    const files = { 'report.pdf': report.document, 'keys.txt': trust, 'earlier.pdf': earlier.document };
    const said = await verifyOffline(files, '--trust', 'keys.txt', '--previous', 'earlier.pdf');
    assert.match(said, /pages were drawn again from the evidence, and are the same/);
    assert.match(said, /The log goes on from the checkpoint that you kept/);
    assert.match(said, /What 4 events and 4 answers say is what was recorded/);
    for (const { bytes } of [earlier, report])
      await verifyOffline({ 'evidence.jsonl': bytes, 'keys.txt': trust }, '--trust', 'keys.txt');
    for (const { exportId } of [earlier, report])
      refusedWith('export-gone', await service.get(`/exports/${exportId}/document`));
  });

  /** Holds that a report verifies by what was kept, and that the log goes on from the report that was. */
  const verifiedSince = ({ document }: Downloaded) => {
    const files = { 'new.pdf': document, 'keys.txt': kept.trust, 'kept.pdf': kept.report.document };
    return verifyOffline(files, '--trust', 'keys.txt', '--previous', 'kept.pdf');
  };

  it('stands in a new report too: the same leaves, closed, and PatientErased behind them', async () => {
    const report = await downloaded(service, everybody);
    const said = await verifiedSince(report);
    assert.match(said, /The log goes on from the checkpoint that you kept/);
    assert.match(said, /What 3 events and 2 answers say is what was recorded/);
    const [were, are] = [shownOf(kept.report.records, subject), shownOf(report.records, subject)];
    assert.deepEqual([were.patient.status, are.patient.status], ['known', 'erased']);
    assert.deepEqual(closed(are.events.slice(0, -1)), closed(were.events));
    assert.deepEqual(
      are.decisions,
      closed(were.decisions).map(({ opened: _, ...rest }) => rest),
    );
    const last = are.events.at(-1)!;
    assert.deepEqual([last.type, last.opened?.payload], ['PatientErased', { erasureId }]);

    const cohort = { by: 'erasure', erasureId };
    const certificate = await downloaded(service, { kind: 'erasures', cohort });
    await verifiedSince(certificate);
    for (const each of [report, certificate]) {
      assertNone('the new evidence', each.bytes);
      assertNone('the new document', contentOf(each.document));
    }
    const byName = { by: 'identifiers', identifiers: [patient] };
    const { records } = await downloaded(service, { kind: 'history', cohort: byName });
    const [asked] = records.filter((one) => one.record === 'patient');
    assert.deepEqual(asked, { ...asked, status: 'unknown', identifier: patient, events: 0, decisions: 0 });
    assert.ok(!('subject' in asked!), 'nothing leads from the identifier to the subject');
    assert.throws(() => assertNone('the kept one', contentOf(kept.report.document)), /in the kept one/);
  });

  it('is not of the same person who comes again: a new subject, and nothing leads from one to the other', async () => {
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const cohort = { by: 'identifiers', identifiers: [patient] };
    const report = await downloaded(service, { kind: 'patient', cohort });
    await verifiedSince(report);
    const shown = report.records.filter((one) => one.record === 'patient');
    assert.deepEqual(
      shown.map(({ status, events, decisions }) => ({ status, events, decisions })),
      [{ status: 'known', events: 1, decisions: 0 }],
    );
    assert.notEqual(shown[0]?.subject, subject);
    assert.ok(!contentOf(report.document).includes(subject));
  });
});
