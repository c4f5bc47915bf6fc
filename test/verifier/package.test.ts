import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type {
  ExportDecision,
  ExportEvent,
  ExportPatient,
  ExportRecord,
} from '../../schemas/export/package.ts';
import { checkpointText, parseCheckpoint } from '../../src/evidence/checkpoint.ts';
import { parseNote, parseVerifierKey, signNote, verifierKey } from '../../src/evidence/signed-note.ts';
import { canonicalText, commitmentOf } from '../../src/record/commitment.ts';
import type { FaultCode } from '../../src/verifier/fault.ts';
import { keyOf } from '../evidence/story.ts';
import { reproven, sealed, signer, verdictOn } from './kit.ts';
import { type Mutation, mutations } from './mutations.ts';
import { endsOf, headed, wrongHeaders } from './registers.ts';
import { lies, story } from './story.ts';

const { records, register, earlier, leaves } = await story();
const good = { records, bytes: Buffer.from(sealed(records), 'utf8') };
const stranger = { name: signer.name, privateKey: keyOf(3) };

type Kind<Name extends ExportRecord['record']> = Extract<ExportRecord, { record: Name }>;
const of = <Name extends ExportRecord['record']>(from: readonly ExportRecord[], kind: Name, nth = 0) =>
  from.filter((one) => one.record === kind)[nth] as Kind<Name>;

const opened = (all: readonly ExportRecord[]) =>
  all.find((one) => one.record === 'decision' && one.opened) as ExportDecision;
const without = (all: readonly ExportRecord[], kind: ExportRecord['record']) =>
  all.filter(({ record }) => record !== kind);
const bend = (record: object, changes: object): undefined => void Object.assign(record, changes);
const counted = (patient: ExportPatient, changes: { events?: number; decisions?: number }) =>
  bend(patient, {
    events: patient.events + (changes.events ?? 0),
    decisions: patient.decisions + (changes.decisions ?? 0),
  });

/** Without the last event of dora, of whom no answer that is shown rests on it: as far as can be without a key. */
const withoutLastEvent = (all: ExportRecord[]): ExportRecord[] => {
  const dora = of(all, 'patient', 4);
  counted(dora, { events: -1 });
  const last = all.findLast((one) => one.record === 'event');
  return reproven(
    all.filter((one) => one !== last),
    leaves,
  );
};

/** A patient who is not asked about any more, from `patient` to the last record about it. */
const withoutPatient = (all: ExportRecord[], nth: number): ExportRecord[] => {
  const from = all.indexOf(of(all, 'patient', nth));
  const to = all.findIndex((one, at) => at > from && !['event', 'decision'].includes(one.record));
  return all.toSpliced(from, to - from);
};
const numbered = (all: ExportRecord[]): ExportRecord[] => {
  for (const [at, one] of all.filter(({ record }) => record === 'patient').entries())
    bend(one, { number: at + 1 });
  return all;
};

/** A payload as an event would show it that has no salt. */
const recommitted = (payload: Record<string, unknown>) => ({
  commitment: commitmentOf(Buffer.alloc(0), canonicalText(payload)),
  opened: { salt: '', payload },
});

/** Answers of one event, about two patients, of which nothing but that they are there is shown. */
const answersOfOneEvent = (all: readonly ExportRecord[]): [ExportDecision, ExportDecision] => {
  const patients = all.map((_, at) =>
    all.findLastIndex((one, before) => before <= at && one.record === 'patient'),
  );
  const closed = all.flatMap((one, at) =>
    one.record === 'decision' && !one.opened ? [{ one, patient: patients[at] }] : [],
  );
  const pairs = closed.flatMap(({ one, patient }) =>
    closed
      .filter((other) => other.one.index === one.index && other.patient !== patient)
      .map((other): [ExportDecision, ExportDecision] => [one, other.one]),
  );
  return pairs[0]!;
};

/** Each is signed anew by the ledger, so that the signature over the whole is not what shows it. */
const wrong: readonly [
  why: string,
  code: FaultCode,
  change: (records: ExportRecord[]) => ExportRecord[] | undefined,
][] = [
  [
    'an event says something else',
    'commitment',
    (all) => bend(of(all, 'event'), { opened: { ...of(all, 'event').opened, payload: {} } }),
  ],
  [
    'an event that was asked for is not shown',
    'opened',
    (all) => bend(of(all, 'event'), { opened: undefined }),
  ],
  ['an answer that was asked for is not shown', 'opened', (all) => bend(opened(all), { opened: undefined })],
  [
    'an event is of another time',
    'inclusion',
    (all) => bend(of(all, 'event'), { recordedAt: '2026-03-01T08:00:02.001Z' }),
  ],
  ['the last event of a patient is left out', 'completeness', withoutLastEvent],
  [
    'the first event of a patient is left out, and counted out',
    'chain',
    (all) => {
      counted(of(all, 'patient'), { events: -1 });
      return reproven(
        all.filter((one) => one !== of(all, 'event')),
        leaves,
      );
    },
  ],
  [
    'the events of a patient are those of another',
    'completeness',
    (all) => bend(of(all, 'patient', 4), { subject: of(all, 'patient', 5).subject }),
  ],
  [
    'the last answer about a patient is left out, and counted out',
    'entries',
    (all) => {
      const last = all.findLast((one) => one.record === 'decision');
      counted(of(all, 'patient', 4), { decisions: -1 });
      return all.filter((one) => one !== last);
    },
  ],
  [
    'two answers have changed places',
    'chain',
    (all) => {
      const at = all.findIndex((one, n) => one.record === 'decision' && all[n + 1]?.record === 'decision');
      return all.with(at, all[at + 1]!).with(at + 1, all[at]!);
    },
  ],
  ['a patient is left out', 'form', (all) => withoutPatient(all, 1)],
  [
    'a patient is left out, and the others numbered anew',
    'completeness',
    (all) => numbered(withoutPatient(all, 1)),
  ],
  [
    'a patient is left out, and counted out, but not the walk to it',
    'completeness',
    (all) => {
      bend(all[0]!, { cohort: { by: 'identifiers', asked: 5 } });
      return numbered(withoutPatient(all, 5));
    },
  ],
  [
    'a patient is shown twice',
    'completeness',
    (all) => {
      const eve = of(all, 'patient', 5);
      bend(all[0]!, { cohort: { by: 'identifiers', asked: 7 } });
      return all.toSpliced(all.indexOf(eve) + 1, 0, { ...eve, number: 7 });
    },
  ],
  [
    'an erased patient is passed off as known',
    'opened',
    (all) => bend(of(all, 'patient', 3), { status: 'known' }),
  ],
  [
    'a known patient is passed off as erased',
    'opened',
    (all) => bend(of(all, 'patient'), { status: 'erased' }),
  ],
  [
    'a known patient is passed off as unknown',
    'completeness',
    (all) => bend(of(all, 'patient', 5), { status: 'unknown', subject: undefined }),
  ],
  [
    'the settings are others',
    'commitment',
    (all) => bend(of(all, 'settings').payload.settings, { breakGlass: 'by-consent' }),
  ],
  ['the settings are left out', 'answer', (all) => reproven(without(all, 'settings'), leaves)],
  ['the proofs are left out', 'inclusion', (all) => without(all, 'tree')],
  ['the walk is left out', 'completeness', (all) => without(all, 'heads')],
  [
    'a hash of the log is there twice',
    'inclusion',
    (all) => void of(all, 'tree').beside.push(of(all, 'tree').beside[0]!),
  ],
  ['the header is there twice', 'order', (all) => [all[0]!, ...all]],
  [
    'the checkpoint is of another size',
    'checkpoint',
    (all) =>
      bend(all[0]!, { checkpoint: of(all, 'export').checkpoint.replace(`\n${leaves.length}\n`, '\n7\n') }),
  ],
  [
    'the growth is shown from elsewhere',
    'growth',
    (all) => bend(of(all, 'consistency'), { from: of(all, 'consistency').from - 1 }),
  ],
  ['the growth is not shown', 'growth', (all) => void of(all, 'consistency').path.pop()],
  [
    'the growth is shown twice',
    'order',
    (all) => {
      const growth = of(all, 'consistency');
      return all.toSpliced(all.indexOf(growth), 0, growth);
    },
  ],
  [
    'a hash beside the walk is another',
    'completeness',
    (all) => {
      const steps = all.flatMap((one) => (one.record === 'heads' ? one.walk : []));
      bend(steps.find((step) => typeof step === 'object' && 'beside' in step)!, { beside: 'f'.repeat(64) });
    },
  ],
  [
    'two patients have changed an answer that is not opened',
    'completeness',
    (all) => {
      const [one, other] = answersOfOneEvent(all);
      const before = { ...one };
      bend(one, other);
      bend(other, before);
    },
  ],
  [
    'an event goes on behind an erasure',
    'chain',
    (all) => {
      const erased = all.find((one) => one.record === 'event' && one.type === 'PatientErased') as ExportEvent;
      const { type, schemaVersion, commitment, opened } = erased;
      bend(all[all.indexOf(erased) - 1]!, { type, schemaVersion, commitment, opened });
    },
  ],
  [
    'an event was sealed without a salt',
    'commitment',
    (all) => {
      const event = of(all, 'event');
      bend(event, recommitted(event.opened!.payload));
    },
  ],
  [
    'settings are said to be others by their hash',
    'payload',
    (all) => {
      const settings = of(all, 'settings');
      const payload = { ...settings.payload, hash: settings.commitment };
      bend(settings, { payload, commitment: recommitted(payload).commitment });
    },
  ],
  [
    'the event of an answer is of another type',
    'payload',
    (all) => bend(of(all, 'decisions'), { type: 'SettingsAdopted' }),
  ],
  [
    'the first event of a stream follows another',
    'chain',
    (all) => bend(of(all, 'settings'), { previous: '0'.repeat(64) }),
  ],
];

const caught = (whole: typeof good, mutate: Mutation) =>
  fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), async (numbers) => {
      const changed = mutate(whole, (n) => numbers.next().value! % n);
      if (changed !== undefined) assert.equal((await verdictOn(changed, earlier)).valid, false);
    }),
    { numRuns: 30 },
  );

describe('the evidence in an export', () => {
  it('verifies, and says what was checked', async () => {
    const verdict = await verdictOn(good.bytes, earlier);
    assert.equal(verdict.fault, undefined);
    assert.ok(verdict.valid);
    assert.equal(verdict.grownFrom, of(records, 'consistency').from);
    assert.deepEqual(verdict.checked, {
      records: records.length + 1,
      patients: { known: 4, unknown: 1, erased: 1 },
      ...{ events: 10, eventsOpened: 8, decisions: 11, decisionsOpened: 8, erasures: 0, settings: 1 },
      leaves: records.filter((one) => 'stored' in one).length,
    });
  });

  for (const [why, code, change] of wrong)
    it(`does not verify where ${why}`, async () => {
      const copy = structuredClone(records);
      const { valid, fault } = await verdictOn(sealed(change(copy) ?? copy), earlier);
      assert.deepEqual({ valid, code: fault?.code }, { valid: false, code }, fault?.detail);
    });

  for (const [what, lie] of Object.entries(lies))
    it(`does not verify where a logged answer ${what}`, async () => {
      const other = await story(lie);
      const { fault } = await verdictOn(sealed(other.records));
      assert.equal(fault?.code, 'answer');
    });

  it('does not verify where a line is written in another way, whatever it says', async () => {
    const bytes = good.bytes.toString('utf8');
    for (const [usual, other] of [
      ['"version":1', '"version": 1'],
      ['"version":1', '"version":1.0'],
      ['"version":1', '"version":2,"version":1'],
      ['"record":"tree"', '"record":"tr\\u0065e"'],
    ] as const) {
      const { fault } = await verdictOn(bytes.replace(usual, other));
      assert.match(fault?.detail ?? '', /RFC 8785/, other);
    }
  });

  it('is not verified by keys that are not trusted, nor as a whole that another signed', async () => {
    const key = parseVerifierKey(verifierKey(signer.name, keyOf(3)))!;
    assert.equal((await verdictOn(good.bytes, undefined, [key])).fault?.code, 'checkpoint');
    assert.equal((await verdictOn(good.bytes, undefined, [])).fault?.code, 'checkpoint');
    assert.equal((await verdictOn(sealed(records, stranger))).fault?.code, 'signature');
  });

  it('is not verified against an earlier checkpoint that is not to be trusted, or not earlier', async () => {
    for (const previous of ['', 'nonsense', earlier.replace('\nheads ', '\nheads A')])
      assert.equal((await verdictOn(good.bytes, previous)).fault?.code, 'growth');
    const itself = of(records, 'export').checkpoint;
    assert.equal((await verdictOn(good.bytes, itself)).grownFrom, leaves.length);
    const { text } = parseNote(itself)!;
    const otherHeads = { ...parseCheckpoint(text)!, heads: leaves[0]! };
    const forked = signNote(checkpointText(otherHeads), [signer]);
    assert.equal((await verdictOn(good.bytes, forked)).fault?.code, 'growth');
  });

  it('is not verified where nothing is in it, or something behind it', async () => {
    for (const bytes of ['', '\n', '{}\n', `${good.bytes}\n`, `${good.bytes}${good.bytes}`])
      assert.equal((await verdictOn(bytes)).valid, false);
  });

  for (const [name, mutate] of Object.entries(mutations))
    it(`does not verify where ${name}`, () => caught(good, mutate));
});

describe('a register of erasures', () => {
  it('verifies, with an erasure of which something is stated and one of which nothing is', async () => {
    const { valid, checked, fault } = await verdictOn(sealed(register), earlier);
    assert.ok(valid, fault?.detail);
    assert.deepEqual(checked.patients, { known: 0, unknown: 0, erased: 2 });
    assert.equal(checked.erasures, 1);
  });

  it('verifies where its period begins with its first erasure and ends right behind its last', async () => {
    const { first, last } = endsOf(register);
    const until = new Date(Date.parse(last) + 1).toISOString();
    const { valid, fault } = await verdictOn(sealed(headed(register, { period: { from: first, until } })));
    assert.ok(valid, fault?.detail);
  });

  for (const [why, code, changes] of wrongHeaders(register))
    it(`does not verify where ${why}`, async () => {
      const { valid, fault } = await verdictOn(sealed(headed(register, changes)));
      assert.deepEqual({ valid, code: fault?.code }, { valid: false, code }, fault?.detail);
    });

  for (const [name, mutate] of Object.entries(mutations))
    it(`does not verify where ${name}`, () =>
      caught({ records: register, bytes: Buffer.from(sealed(register)) }, mutate));
});
