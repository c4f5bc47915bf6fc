import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answer, Question } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import { settings as settingsSchema } from '../../schemas/settings.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { evolve, replay } from '../../src/consent/evolve.ts';
import { compilePolicy, type Policy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import type { PatientEvent, PatientRecord } from '../../src/consent/state.ts';
import { answers, fits, joinSettled, splitIsDue, splitSettled } from '../../src/record/settled.ts';
import { randomCase } from '../conformance/arbitraries.ts';
import { ask as askOf, granted, history, invalidated, on, purpose, revoked } from '../conformance/story.ts';
import { good } from './kit.ts';
import { life } from './lives.ts';

const policies = new Map<unknown, Policy>();
const policyOf = (settings: Parameters<typeof compilePolicy>[0]): Policy => {
  const policy = policies.get(settings) ?? good(compilePolicy(settings));
  policies.set(settings, policy);
  return policy;
};

const defaults = settingsSchema.parse({});

const isoOf = (at: Millis): string => new Date(at).toISOString();

/** Moments at which an answer may change, from `watermark` on: each event's, each period's, and one ahead of all. */
const momentsFrom = (watermark: Millis, events: readonly PatientEvent[]): Millis[] => {
  const texts = JSON.stringify(events).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
  const named = [...texts.map((text) => Date.parse(text)), ...events.map(({ recordedAt }) => recordedAt)];
  const around = named.flatMap((at) => [at, at + 1]).filter((at) => at >= watermark);
  return [...new Set([watermark, ...around, Date.UTC(2030, 0)])];
};

const ask = (record: PatientRecord, question: Question, at: [Millis, Millis], policy: Policy): Answer => {
  const asked = { ...question, validAt: isoOf(at[0]), knownAt: isoOf(at[1]) };
  return evaluate(record, good(resolveQuestion(asked, policy, Date.UTC(2031, 0))), policy);
};

/** How many answers were compared, and how many events were taken by a head. */
interface Tally {
  answers: number;
  events: number;
}

/**
 * Splits the record of the first `cut` events, and holds the head against the whole: as it is, and after each
 * further event as long as they fit.
 */
const hold = (
  events: readonly PatientEvent[],
  cut: number,
  questions: readonly Question[],
  policy: Policy,
  tally: Tally,
): void => {
  let whole = replay(events.slice(0, cut));
  const split = splitSettled(whole, 1);
  if (split === undefined) return;
  assert.deepEqual(joinSettled(split.head, split.archive), whole);
  const watermark = whole.recordedAt;
  const moments = momentsFrom(watermark, events);
  const recorded = events.map(({ recordedAt }) => recordedAt).filter((at) => at >= watermark);
  let head = split.head;
  for (const event of [undefined, ...events.slice(cut)]) {
    if (event !== undefined) {
      if (!fits(head, event)) return;
      head = { ...evolve(head, event), settledBefore: watermark };
      whole = evolve(whole, event);
      assert.deepEqual(joinSettled(head, split.archive), whole);
      tally.events += 1;
    }
    for (const validAt of moments)
      for (const knownAt of new Set([...recorded, Date.UTC(2030, 0)]))
        for (const question of questions) {
          const at: [Millis, Millis] = [validAt, knownAt];
          assert.ok(answers(head, ...at));
          assert.deepEqual(
            ask(head, question, at, policy),
            ask(whole, question, at, policy),
            at.map(isoOf).join(),
          );
          tally.answers += 1;
        }
  }
};

describe('the head of a split record', () => {
  it('answers every question from its watermark on as the whole does, also after each event that fits', () => {
    const tally = { answers: 0, events: 0 };
    const questions = [askOf(), askOf({ purpose: purpose('BTG') })];
    fc.assert(
      fc.property(life, fc.nat(), (events, chance) => {
        const cut = events.length - (chance % 5);
        hold(events, cut, questions, policyOf(defaults), tally);
      }),
      { numRuns: 300 },
    );
    assert.ok(tally.answers > 5_000 && tally.events > 50, `it compares something: ${JSON.stringify(tally)}`);
  });

  it('does so with rules of every kind', () => {
    const tally = { answers: 0, events: 0 };
    fc.assert(
      fc.property(randomCase, fc.nat(), ({ events, question, settings }, chance) => {
        const cut = events.length === 0 ? 0 : 1 + (chance % events.length);
        hold(events, cut, [question], policyOf(settings), tally);
      }),
      { numRuns: 500 },
    );
    assert.ok(tally.answers > 500, `it compares something: ${JSON.stringify(tally)}`);
  });

  const question: Question = {
    recipient: { reference: 'Organization/f001' },
    purpose: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' },
    action: 'access',
  };

  /** Consents granted on one day and withdrawn on the next, many times over. */
  const longLife = (times: number): PatientEvent[] =>
    history(
      Array.from({ length: times }, (_, n) => {
        const day = (d: number) => isoOf(Date.UTC(2000, 0, 1 + n * 2 + d));
        const consentId = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
        const grant = granted('A', { signedAt: day(0), otherwise: 'permit' });
        const revocation = revoked('A');
        return [
          on(day(0), { ...grant, payload: { ...grant.payload, consentId } } as typeof grant),
          on(day(1), { ...revocation, payload: { ...revocation.payload, consentId } } as typeof revocation),
        ];
      }).flat(),
    );

  it('of a long life is small, whatever the length', () => {
    const record = replay(longLife(1_000));
    const split = splitSettled(record)!;
    assert.equal(split.head.consents.length, 1);
    assert.equal(split.archive.consents.length, 999);
    assert.equal(split.head.settledBefore, record.recordedAt);
    assert.ok(!splitIsDue(split.head));
    const at: [Millis, Millis] = [record.recordedAt, record.recordedAt];
    assert.equal(ask(split.head, question, at, policyOf(defaults)).items[0]?.reason, 'revoked');
  });

  it('is not made where little is settled', () => {
    assert.equal(splitSettled(replay(longLife(100))), undefined);
  });

  it('of consents that replaced each other by their form holds the last alone', () => {
    const form = { formId: 'f', version: '1', combining: 'replacing' as const, textSha256: '0'.repeat(64) };
    const events = history(
      [...'ABCDEFGH'].map((name, n) =>
        on(`2026-01-0${n + 1}`, granted(name, { signedAt: `2026-01-0${n + 1}`, form, otherwise: 'permit' })),
      ),
    );
    const split = splitSettled(replay(events), 1)!;
    assert.equal(split.head.consents.length, 1);
    const [last] = history([on('2026-02-01', invalidated('H'))]);
    assert.ok(!fits(split.head, last!), 'what it replaced would stand again');
  });

  it('does not answer about the time before its watermark', () => {
    const { head } = splitSettled(replay(longLife(300)))!;
    const watermark = head.settledBefore!;
    assert.ok(answers(head, watermark, watermark));
    assert.ok(!answers(head, watermark - 1, watermark));
    assert.ok(!answers(head, watermark, watermark - 1));
    assert.throws(() => ask(head, question, [watermark - 1, watermark], policyOf(defaults)), RangeError);
  });
});
