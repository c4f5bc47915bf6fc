import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { compactVerify, importJWK } from 'jose';
import type { ProvenEvent, ProvenHead } from '../../schemas/http/evidence.ts';
import { type Checkpoint, parseCheckpoint } from '../../src/evidence/checkpoint.ts';
import { headKey, verifyHead } from '../../src/evidence/heads-tree.ts';
import { decisionLink, hashOfLeaf } from '../../src/evidence/leaf.ts';
import { type Hash, leafHash, verifyConsistency, verifyInclusion } from '../../src/evidence/merkle.ts';
import { parseNote, parseVerifierKey, verifyNote } from '../../src/evidence/signed-note.ts';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  questionOf,
  refusedWith,
  type TestService,
} from './kit.ts';

let service: TestService;
before(async () => {
  service = await openTestService({ evidence: { origin: 'ledger.example/test' } });
});
after(() => service.remove());

const bytes = (hex: string): Hash => Buffer.from(hex, 'hex');

/** The checkpoint in a note that the service's own key signed. */
const trusted = async (note: string): Promise<Checkpoint> => {
  const { verifiers } = answered('readCheckpoint', await service.get('/evidence/checkpoint'));
  const parsed = parseNote(note)!;
  const names = verifyNote(
    parsed,
    verifiers.map((key) => parseVerifierKey(key)!),
  );
  assert.deepEqual(names, ['ledger.example/test']);
  return parseCheckpoint(parsed.text)!;
};

const leafHashOf = ({ path: _, index: __, previous, stored, ...leaf }: ProvenEvent): Hash =>
  hashOfLeaf({ ...leaf, stored: bytes(stored), ...(previous && { previous: bytes(previous) }) });

const stands = (event: ProvenEvent, { size, root }: Checkpoint) =>
  verifyInclusion(leafHashOf(event), event.index, size, event.path.map(bytes), root);

const headUnder = ({ name, siblings, found }: ProvenHead, { heads }: Checkpoint) =>
  verifyHead(
    headKey(name),
    {
      siblings: siblings.map(bytes),
      ...(found && { found: { key: bytes(found.key), count: found.count, hash: bytes(found.hash) } }),
    },
    heads,
  );

describe('evidence', () => {
  it('proves all events of a patient, and no others, over pages', async () => {
    const patient = patientOf('evidence-1');
    for (let n = 0; n < 5; n += 1)
      answered('grantConsent', await service.post('/consents', grantFor(patient)));
    answered('grantConsent', await service.post('/consents', grantFor(patientOf('evidence-2'))));
    answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
    const events: ProvenEvent[] = [];
    let cursor: string | undefined;
    let last: Checkpoint | undefined;
    do {
      const page = answered(
        'proveEvents',
        await service.post('/evidence/proofs', { patient, limit: 2, ...(cursor && { cursor }) }),
      );
      last = await trusted(page.checkpoint);
      events.push(...page.events);
      cursor = page.next;
      const head = headUnder(page.head, last);
      assert.ok(head !== undefined && head !== 'absent');
      assert.equal(head.count, 5);
      if (cursor === undefined) assert.deepEqual(head.hash, leafHashOf(events.at(-1)!));
    } while (cursor !== undefined);
    assert.deepEqual(
      events.map(({ revision }) => revision),
      [0, 1, 2, 3, 4],
    );
    for (const [n, event] of events.entries()) {
      assert.ok(stands(event, last!));
      assert.equal(event.previous, n === 0 ? undefined : leafHashOf(events[n - 1]!).toString('hex'));
      assert.ok(!stands({ ...event, recordedAt: '2026-01-01T00:00:00.000Z' }, last!));
    }
  });

  it('proves all logged answers about a patient, each as its entry of its event', async () => {
    const patient = patientOf('evidence-3');
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const requests = [{ patient, questions: [questionOf(), questionOf(), questionOf()] }];
    answered('askDecisions', await service.post('/decisions/batch', { requests }));
    answered('askDecision', await service.post('/decisions', { patient, question: questionOf() }));
    answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
    const decisions = [];
    let cursor: string | undefined;
    do {
      const body = { patient, limit: 3, ...(cursor && { cursor }) };
      const page = answered('proveDecisions', await service.post('/evidence/proofs/decisions', body));
      decisions.push(...page.decisions);
      cursor = page.next;
      if (cursor !== undefined) continue;
      const checkpoint = await trusted(page.checkpoint);
      let link: Hash | undefined;
      for (const { event, entry, entries, commitment, path } of decisions) {
        assert.ok(stands(event, checkpoint));
        const committed = Buffer.from(commitment, 'base64url');
        const root = Buffer.from(event.commitment, 'base64url');
        assert.ok(verifyInclusion(leafHash(committed), entry, entries, path.map(bytes), root));
        link = decisionLink(link, leafHashOf(event), entry, committed);
      }
      const head = headUnder(page.head, checkpoint);
      assert.ok(head !== undefined && head !== 'absent');
      assert.deepEqual({ count: head.count, hash: head.hash }, { count: 4, hash: link });
    } while (cursor !== undefined);
    assert.equal(decisions.length, 4);
  });

  it('proves that nobody asked about a patient', async () => {
    const patient = patientOf('evidence-4');
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const proofs = answered('proveDecisions', await service.post('/evidence/proofs/decisions', { patient }));
    assert.deepEqual(proofs.decisions, []);
    assert.equal(headUnder(proofs.head, await trusted(proofs.checkpoint)), 'absent');
    refusedWith(
      'patient-unknown',
      await service.post('/evidence/proofs', { patient: patientOf('evidence-nobody') }),
    );
  });

  it('proves that the log has only grown since a checkpoint that is kept', async () => {
    const patient = patientOf('evidence-5');
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    const kept = answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
    answered('grantConsent', await service.post('/consents', grantFor(patient)));
    answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
    const body = { patient, since: kept.size };
    const proofs = answered('proveEvents', await service.post('/evidence/proofs', body));
    const now = await trusted(proofs.checkpoint);
    assert.ok(now.size > kept.size);
    const old = { size: kept.size, root: bytes(kept.root) };
    assert.ok(verifyConsistency(old, now, proofs.consistency!.path.map(bytes)));
    assert.ok(!verifyConsistency({ ...old, root: now.root }, now, proofs.consistency!.path.map(bytes)));
    const beyond = await service.post('/evidence/proofs', { patient, since: now.size + 1 });
    assert.equal(refusedWith('invalid-request', beyond).pointer, '/since');
  });

  it('signs the same checkpoint again where nothing was recorded since', async () => {
    const one = answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
    const other = answered('signCheckpoint', await service.post('/evidence/checkpoint', {}));
    assert.deepEqual(other, one);
    assert.deepEqual(answered('readCheckpoint', await service.get('/evidence/checkpoint')), one);
  });

  it('gives receipts at once, and many share a checkpoint', async () => {
    const patients = Array.from({ length: 8 }, (_, n) => patientOf(`evidence-receipt-${n}`));
    const grants = await Promise.all(
      patients.map(async (patient) =>
        answered('grantConsent', await service.post('/consents', grantFor(patient))),
      ),
    );
    const receipts = await Promise.all(
      patients.map(async (patient) =>
        answered('receiveReceipt', await service.post('/evidence/receipts', { patient, revision: 0 })),
      ),
    );
    const { verifiers } = answered('readCheckpoint', await service.get('/evidence/checkpoint'));
    const [vkey] = verifiers;
    const raw = Buffer.from(vkey!.slice(vkey!.indexOf('+', vkey!.indexOf('+') + 1) + 1), 'base64').subarray(
      1,
    );
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, 'EdDSA');
    const notes = new Set<string>();
    for (const [n, { receipt, eventId }] of receipts.entries()) {
      const { payload, protectedHeader } = await compactVerify(receipt, key);
      assert.ok(vkey!.startsWith(`${protectedHeader.kid}+`));
      const { checkpoint, event } = JSON.parse(Buffer.from(payload).toString('utf8'));
      assert.equal(event.id, eventId);
      assert.equal(event.recordedAt, grants[n]!.recordedAt);
      assert.ok(stands(event, await trusted(checkpoint)));
      notes.add(checkpoint);
    }
    assert.ok(notes.size < receipts.length);
    refusedWith('not-found', await service.post('/evidence/receipts', { patient: patients[0], revision: 9 }));
  });
});

describe('evidence that is opened again', () => {
  const patient = patientOf('evidence-again');
  const modelFile = ({ config }: TestService) => join(config.dataFolder, 'models', 'evidence-v1.db');

  it('goes on, and is the same where its model was lost, but not where the log was altered', async () => {
    const first = await openTestService();
    try {
      for (let n = 0; n < 3; n += 1)
        answered('grantConsent', await first.post('/consents', grantFor(patient)));
      const signed = answered('signCheckpoint', await first.post('/evidence/checkpoint', {}));
      await first.stop();

      const second = await openTestService({}, first.folder);
      assert.deepEqual(answered('readCheckpoint', await second.get('/evidence/checkpoint')), signed);
      await second.stop();
      for (const end of ['', '-wal', '-shm']) rmSync(`${modelFile(first)}${end}`, { force: true });

      const third = await openTestService({}, first.folder);
      assert.deepEqual(answered('readCheckpoint', await third.get('/evidence/checkpoint')), signed);
      const proofs = answered('proveEvents', await third.post('/evidence/proofs', { patient }));
      assert.equal(proofs.events.length, 3);
      await third.stop();
      for (const end of ['', '-wal', '-shm']) rmSync(`${modelFile(first)}${end}`, { force: true });

      const log = new Database(join(first.config.dataFolder, 'log.db'));
      log
        .prepare(
          `UPDATE events SET recorded_at = recorded_at + 1 WHERE type = 'ConsentGranted' AND revision = 1`,
        )
        .run();
      log.close();
      const fourth = await openTestService({}, first.folder);
      refusedWith('evidence-diverged', await fourth.get('/evidence/checkpoint'));
      refusedWith('evidence-diverged', await fourth.post('/evidence/proofs', { patient }));
      refusedWith('evidence-diverged', await fourth.post('/evidence/checkpoint', {}));
      await fourth.stop();
    } finally {
      await first.remove();
    }
  });

  it('stops where the ledger is called something else', async () => {
    const first = await openTestService({ evidence: { origin: 'ledger.example/one' } });
    try {
      answered('grantConsent', await first.post('/consents', grantFor(patient)));
      answered('signCheckpoint', await first.post('/evidence/checkpoint', {}));
      await first.stop();
      const second = await openTestService({ evidence: { origin: 'ledger.example/two' } }, first.folder);
      answered('grantConsent', await second.post('/consents', grantFor(patient)));
      refusedWith('evidence-diverged', await second.post('/evidence/checkpoint', {}));
      await second.stop();
    } finally {
      await first.remove();
    }
  });
});
