import assert from 'node:assert/strict';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { ok } from '../../schemas/result.ts';
import { replay } from '../../src/consent/evolve.ts';
import type { PatientRecord } from '../../src/consent/state.ts';
import { EnvelopeBroken } from '../../src/record/envelope.ts';
import { recordCodec } from '../../src/record/record-codec.ts';
import { openHead, openWhole, reducerVersion, sealRow } from '../../src/record/row.ts';
import { randomCase } from '../conformance/arbitraries.ts';
import { withFolder } from '../vault/kit.ts';
import { agent, consent, good, granting, openRecordKit, type RecordKit, revoking, tenant } from './kit.ts';
import { life } from './lives.ts';

const key = { subject: randomUUID(), key: createSecretKey(randomBytes(32)) };

/** A consent with every member that one can have. */
const everything: ConsentGranted = {
  ...consent(),
  period: { start: '2026-01-01T00:00:00.000Z', end: '2026-12-31T23:59:59.999Z' },
  retroactive: true,
  purpose: [{ system: 's', code: 'p' }],
  otherwise: 'deny',
  rules: [
    {
      type: 'permit',
      period: { end: '2026-12-31T23:59:59.999Z' },
      recipient: [{ role: { system: 's', code: 'r' } }, { reference: 'a', role: { system: 's', code: 'r' } }],
      custodian: ['c'],
      author: ['a'],
      purpose: [{ system: 's', code: 'p' }],
      action: ['use', 'access'],
      class: [{ code: 'x' }, { system: 's', code: 'y' }],
      code: [{ system: 's', code: 'c' }],
      data: [{ reference: 'o', meaning: 'related' }],
      dataPeriod: { start: '2020-01-01T00:00:00.000Z' },
      label: [{ system: 's', code: 'l' }],
      obligations: [{ system: 's', code: 'o' }],
      exceptions: [{ author: ['b'], exceptions: [{ custodian: ['d'] }, {}] }],
    },
    { type: 'deny' },
  ],
  form: { formId: 'f', version: '1', combining: 'overlay', textSha256: '0'.repeat(64) },
  replaces: [randomUUID()],
  grantor: ['Patient/1'],
  representative: { reference: 'RelatedPerson/1', authority: 'parent' },
  witness: ['Practitioner/1'],
  source: { contentType: 'application/pdf', sha256: '0'.repeat(64), title: 'scan' },
  fhir: { release: 'R5', resourceKey: 'k', contentSha256: '1'.repeat(64), choices: {}, resource: {} },
};

const recordOf = (grants: readonly ConsentGranted[]): PatientRecord =>
  replay(
    grants.map((payload, revision) => ({
      type: 'ConsentGranted',
      payload,
      revision,
      recordedAt: 1_000 + revision,
      id: randomUUID(),
      requestHash: 'hash',
    })),
  );

/** As it would come back from a store: through text. */
const throughText = (record: PatientRecord): PatientRecord =>
  recordCodec.decode(JSON.parse(JSON.stringify(recordCodec.encode(record))));

describe('the encoding of a row', () => {
  it('gives every record back as it was', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          life,
          randomCase.map(({ events }) => events),
        ),
        (events) => {
          const record: PatientRecord = JSON.parse(JSON.stringify(replay(events)));
          assert.deepEqual(throughText(record), record);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps every member that a consent can have', () => {
    const { unreadable, ...rest } = { ...everything, unreadable: { path: 'Consent', reason: 'why' } };
    const record = recordOf([everything, { ...rest, unreadable }, consent()]);
    assert.deepEqual(throughText(record), record);
    assert.deepEqual(throughText({ ...record, settledBefore: 7 }), { ...record, settledBefore: 7 });
  });

  it('is at most two thirds of plain JSON', () => {
    const record = recordOf(Array.from({ length: 10 }, () => consent()));
    const [mine, plain] = [recordCodec.encode(record), record].map((value) => JSON.stringify(value).length);
    assert.ok(mine! * 3 <= plain! * 2, `${mine} of ${plain} bytes`);
  });
});

describe('a sealed row', () => {
  it('opens for its tenant, subject, key, revision and archive alone', () => {
    const { row } = sealRow(recordOf([consent()]), tenant, key);
    assert.equal(openHead(row, tenant, key).revision, 0);
    const strangers = [
      () => openHead(row, 'south', key),
      () => openHead(row, tenant, { ...key, subject: randomUUID() }),
      () => openHead(row, tenant, { ...key, key: createSecretKey(randomBytes(32)) }),
      () => openHead({ ...row, revision: 1 }, tenant, key),
      () => openHead({ ...row, archivedAt: 0 }, tenant, key),
    ];
    for (const open of strangers) assert.throws(open, EnvelopeBroken);
  });

  it('of a long life has an archive that makes it whole again', () => {
    const revoked = { effectiveAt: 900, revision: 1, recordedAt: 1_000 };
    const whole = recordOf(
      Array.from({ length: 400 }, () => consent({ signedAt: '1970-01-01T00:00:00.000Z' })),
    );
    const record = {
      ...whole,
      consents: whole.consents.map((entry) => ({ ...entry, revocations: [revoked] })),
    };
    const { row, archive } = sealRow(record, tenant, key);
    const head = openHead(row, tenant, key);
    assert.ok(head.consents.length < 400 && head.settledBefore === record.recordedAt);
    assert.deepEqual(openWhole(head, row.archivedAt!, archive!, tenant, key), record);
    assert.throws(() => openWhole(head, row.archivedAt! - 1, archive!, tenant, key), EnvelopeBroken);
  });
});

describe('records from rows', () => {
  const test = (what: string, run: (kit: RecordKit) => Promise<void>): void => {
    it(what, { timeout: 60_000 }, () =>
      withFolder(async (folder) => {
        const kit = await openRecordKit(folder);
        try {
          await run(kit);
        } finally {
          await kit.close();
        }
      }),
    );
  };

  /** How each read that was not from the cache began. */
  const reading = (kit: RecordKit) => {
    const reads: { from: string; tail: number }[] = [];
    const metrics = {
      appended: () => {},
      recordHit: () => {},
      recordRead: (from: string, _seconds: number, tail: number) => void reads.push({ from, tail }),
    };
    return { reads, records: kit.others({ metrics }) };
  };

  const renew = async (kit: RecordKit): Promise<void> =>
    kit.rows.put(kit.key.subject, good(await kit.others().renewedRow(tenant, kit.key)));

  /** Many consents, each granted and withdrawn, and one that stands. */
  const liveLong = async ({ records, key: patient }: RecordKit, times: number): Promise<void> => {
    const facts = Array.from({ length: times }, () => {
      const payload = consent();
      return [
        { type: 'ConsentGranted', payload },
        { type: 'ConsentRevoked', payload: { consentId: payload.consentId, agent } },
      ];
    }).flat();
    const all = [...facts, { type: 'ConsentGranted', payload: consent() }];
    good(await records.execute(tenant, patient, () => ok(all), {}));
  };

  test('a row and its tail give what the events give', async (kit) => {
    for (let n = 0; n < 3; n += 1) await kit.records.execute(tenant, kit.key, granting(), {});
    await renew(kit);
    await kit.records.execute(tenant, kit.key, granting(), {});
    const { reads, records } = reading(kit);
    const record = good(await records.load(tenant, kit.key));
    assert.deepEqual(reads, [{ from: 'row', tail: 1 }]);
    kit.rows.rows.clear();
    assert.deepEqual(record, good(await kit.others().load(tenant, kit.key)));
  });

  test('a row that cannot be believed is passed over', async (kit) => {
    await kit.records.execute(tenant, kit.key, granting(), {});
    const expected = good(await kit.records.load(tenant, kit.key));
    await renew(kit);
    const row = kit.rows.get(kit.key.subject)!;
    const tampered = Buffer.from(row.head);
    tampered[tampered.length - 1]! ^= 1;
    const ahead = sealRow({ ...expected, revision: 5 }, tenant, kit.key).row;
    const ofAnotherLog = sealRow({ ...expected, recordedAt: 1 }, tenant, kit.key).row;
    for (const bad of [
      { ...row, reducer: reducerVersion + 1 },
      { ...row, head: tampered },
      ahead,
      ofAnotherLog,
    ]) {
      kit.rows.rows.set(kit.key.subject, bad);
      const { reads, records } = reading(kit);
      assert.deepEqual(good(await records.load(tenant, kit.key)), expected);
      assert.deepEqual(reads, [{ from: 'stream', tail: 1 }]);
    }
  });

  test('a question about now reads the head alone, one about the past and a command the whole', async (kit) => {
    await liveLong(kit, 300);
    await renew(kit);
    const { reads, records } = reading(kit);
    kit.rows.archive = () => assert.fail('the archive is not read');
    const head = good(await records.load(tenant, kit.key, 'current'));
    assert.ok(head.consents.length < 10 && head.settledBefore !== undefined);
    assert.equal(records.peek(kit.key.subject), head);
    Reflect.deleteProperty(kit.rows, 'archive');
    const whole = good(await records.load(tenant, kit.key, 'whole'));
    assert.equal(whole.consents.length, 301);
    assert.equal(records.peek(kit.key.subject), whole);
    assert.deepEqual(
      reads.map(({ from }) => from),
      ['row', 'row'],
    );
    kit.rows.rows.clear();
    assert.deepEqual(whole, good(await kit.others().load(tenant, kit.key)));
  });

  test('a head takes events that fit; one that does not brings the whole', async (kit) => {
    await liveLong(kit, 300);
    await renew(kit);
    const fitting = consent({ signedAt: new Date(Date.now() + 60_000).toISOString() });
    await kit.records.execute(tenant, kit.key, granting(fitting), {});
    await kit.records.execute(tenant, kit.key, revoking(fitting.consentId), {});
    const head = good(await kit.others().load(tenant, kit.key, 'current'));
    assert.ok(head.settledBefore !== undefined && head.revision === 602);
    const { consentId } = good(await kit.records.load(tenant, kit.key, 'whole')).consents[0]!.grant;
    await kit.records.execute(tenant, kit.key, revoking(consentId), {});
    const whole = good(await kit.others().load(tenant, kit.key, 'current'));
    assert.equal(whole.settledBefore, undefined);
    assert.equal(whole.consents[0]!.revocations.length, 2);
  });

  test('renewing makes the head anew and keeps the archive, until another split is due', async (kit) => {
    await liveLong(kit, 300);
    const first = good(await kit.records.renewedRow(tenant, kit.key));
    kit.rows.put(kit.key.subject, first);
    await kit.records.execute(tenant, kit.key, granting(), {});
    const second = good(await kit.others().renewedRow(tenant, kit.key));
    assert.equal(second.archive, undefined);
    assert.deepEqual([second.row.revision, second.row.archivedAt], [601, first.row.archivedAt]);
    kit.rows.put(kit.key.subject, second);
    await liveLong(kit, 300);
    const third = good(await kit.others().renewedRow(tenant, kit.key));
    assert.equal(third.row.archivedAt, third.row.revision);
    kit.rows.put(kit.key.subject, third);
    const whole = good(await kit.others().load(tenant, kit.key, 'whole'));
    kit.rows.rows.clear();
    assert.deepEqual(whole, good(await kit.others().load(tenant, kit.key)));
  });

  test('a head without its archive does for now; for the past the events are read', async (kit) => {
    await liveLong(kit, 300);
    await renew(kit);
    kit.rows.archives.clear();
    assert.ok(good(await kit.others().load(tenant, kit.key, 'current')).settledBefore !== undefined);
    assert.equal(good(await kit.others().load(tenant, kit.key, 'whole')).consents.length, 301);
  });
});
