import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Answer, Item, Question, Verdict } from '../../schemas/decision.ts';
import type { Exception, Rule } from '../../schemas/provision.ts';
import type { Settings } from '../../schemas/settings.ts';
import { breakTheGlass } from '../../schemas/vocabulary.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { evolve, fold, replay } from '../../src/consent/evolve.ts';
import { compilePolicy, type Policy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord, type PatientEvent, type PatientRecord } from '../../src/consent/state.ts';
import { isoOf } from '../../src/consent/time.ts';
import { type RandomCase, randomCase } from '../conformance/arbitraries.ts';
import { accepted, id, now } from './given.ts';

const numRuns = 300;

const policies = new WeakMap<Settings, Policy>();

const answer = (record: PatientRecord, question: Question, { settings }: RandomCase): Answer => {
  const policy = policies.get(settings) ?? accepted(compilePolicy(settings));
  policies.set(settings, policy);
  return evaluate(record, accepted(resolveQuestion(question, policy, now)), policy);
};

/** Fails at the first case for which a property does not hold. */
const always = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, property), { numRuns });

/** What a verdict says, whatever the order in which it was read. */
const said = ({ decision, reason, obligations, missing, basis }: Verdict) => ({
  decision,
  reason,
  obligations,
  missing,
  basis: basis
    .map(({ consentId, declarationId, rules }) => `${consentId ?? declarationId} ${rules?.length}`)
    .toSorted(),
});

const withRequests = (events: readonly PatientEvent[]): PatientEvent[] =>
  events.map((event, index) => (index % 3 === 0 ? event : { ...event, requestHash: `hash-${index}` }));

const freeze = <T>(value: T): T => {
  for (const part of Object.values(value ?? {})) if (typeof part === 'object') freeze(part);
  return Object.freeze(value);
};

const shuffled = <T>(list: readonly T[], seed: number): T[] =>
  list
    .map((value, index) => ({ value, place: Math.sin(seed * 31 + index * 17) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value);

suite('properties', () => {
  test('S7.6 replay in any batching gives the same record, and leaves what it was given as it was', () => {
    always(fc.tuple(randomCase, fc.nat(), fc.nat()), ([{ events: told }, a, b]) => {
      const events = freeze(withRequests(told));
      const [first, second] = [a % (events.length + 1), b % (events.length + 1)].toSorted((x, y) => x - y);
      const inBatches = [events.slice(0, first), events.slice(first, second), events.slice(second)];
      const whole = replay(events);
      assert.deepEqual(
        inBatches.reduce((record, batch) => freeze(fold(record, batch)), emptyRecord),
        whole,
      );
      assert.deepEqual(
        events.reduce((record, event) => freeze(evolve(record, event)), emptyRecord),
        whole,
      );
    });
  });

  test('S1.3 knownAt before an event gives the answer of the history without it', () => {
    always(fc.tuple(randomCase, fc.nat()), ([one, cut]) => {
      const moment = one.events[cut % (one.events.length || 1)]?.recordedAt ?? now;
      const known = one.events.filter(({ recordedAt }) => recordedAt <= moment);
      const question = { ...one.question, knownAt: isoOf(moment) };
      assert.deepEqual(answer(replay(one.events), question, one), answer(replay(known), question, one));
    });
  });

  test('S3.4 the order of rules does not matter', () => {
    const mix = <T extends Exception>(rules: readonly T[], seed: number): T[] =>
      shuffled(rules, seed).map((rule) => ({
        ...rule,
        ...(rule.exceptions && { exceptions: mix(rule.exceptions, seed + 1) }),
      }));
    always(fc.tuple(randomCase, fc.nat(1000)), ([one, seed]) => {
      const mixed = one.events.map((event) =>
        event.type === 'ConsentGranted' && event.payload.rules
          ? { ...event, payload: { ...event.payload, rules: mix<Rule>(event.payload.rules, seed) } }
          : event,
      );
      const { enforces: _, ...question } = one.question;
      assert.deepEqual(
        answer(replay(mixed), question, one).items.map(said),
        answer(replay(one.events), question, one).items.map(said),
      );
    });
  });

  test('S4.1 the order of items does not matter', () => {
    always(randomCase, (one) => {
      const items = one.question.items ?? [{}];
      const backwards = { ...one.question, items: items.toReversed() };
      const record = replay(one.events);
      assert.deepEqual(
        answer(record, backwards, one).items.toReversed(),
        answer(record, { ...one.question, items }, one).items,
      );
    });
  });

  test('S1.4 the order in which unrelated consents are recorded does not matter', () => {
    always(fc.tuple(randomCase, fc.nat(1000)), ([one, seed]) => {
      const signed = new Set<string>();
      const grants = one.events.filter((event) => {
        if (event.type !== 'ConsentGranted' || event.payload.replaces || event.payload.form) return false;
        if (signed.has(event.payload.signedAt)) return false; // of these the order does matter
        return signed.add(event.payload.signedAt);
      });
      const inOrder = (list: readonly PatientEvent[]) =>
        replay(list.map((event, revision) => ({ ...event, revision, recordedAt: 1000 + revision })));
      const { enforces: _, ...question } = one.question;
      const record = inOrder(grants);
      if (record.consents.some(({ grant }) => grant.retroactive || grant.period)) return; // may begin at one moment
      assert.deepEqual(
        answer(inOrder(shuffled(grants, seed)), question, one).items.map(said),
        answer(record, question, one).items.map(said),
      );
    });
  });

  test('S4.1 taking information out of a question never turns deny into permit', () => {
    const without = (item: Item, mask: number): Item =>
      Object.fromEntries(Object.entries(item).filter((_, index) => ((mask >> index) & 1) === 0));
    always(fc.tuple(randomCase, fc.nat(127), fc.nat(7)), ([one, mask, more]) => {
      const overridden =
        one.question.purpose.code === breakTheGlass.code && one.settings.breakGlass === 'overrides';
      fc.pre(!overridden); // S6.2: here the bias turns
      const { enforces: _, custodian, ...question } = one.question;
      const { reference, memberOf, roles } = question.recipient;
      const less: Question = {
        ...question,
        recipient: {
          reference,
          ...(memberOf && more & 1 && { memberOf }),
          ...(roles && more & 2 && { roles }),
        },
        ...(custodian && more & 4 && { custodian }),
        items: one.probes.map((item) => without(item, mask)),
      };
      const full = { ...one.question, enforces: undefined, items: [...one.probes] };
      const record = replay(one.events);
      const before = answer(record, full, one).items;
      for (const [index, { decision }] of answer(record, less, one).items.entries()) {
        if (decision === 'permit') assert.equal(before[index]?.decision, 'permit');
      }
    });
  });

  test('S7.7 applying the residual never permits what asking about the item would deny', () => {
    const applied = ({ decision, residual }: Verdict, item: Item, one: RandomCase): string => {
      if (!residual) return decision;
      const list: PatientEvent = {
        type: 'ConsentGranted',
        payload: {
          consentId: id('r'),
          signedAt: '2026-01-01T00:00:00.000Z',
          ...(residual.rules.length > 0 && { rules: residual.rules }),
          otherwise: residual.otherwise,
          agent: { issuer: 'https://issuer.example', subject: 'enforcer' },
        },
        revision: 0,
        recordedAt: 0,
        id: 'residual',
      };
      const { enforces: _, validAt: _at, knownAt: _known, ...question } = one.question;
      return answer(replay([list]), { ...question, items: [item] }, one).items[0]?.decision ?? 'deny';
    };
    always(randomCase, (one) => {
      fc.pre(one.question.purpose.code !== breakTheGlass.code);
      const record = replay(one.events);
      const before: Question = {
        ...one.question,
        items: [{}],
        enforces: ['class', 'code', 'labels', 'data', 'dataPeriod', 'author'],
      };
      const [asked] = answer(record, before, one).items;
      assert.ok(asked);
      const { enforces: _, ...plain } = before;
      const asking = answer(record, { ...plain, items: [...one.probes] }, one).items;
      for (const [index, item] of one.probes.entries()) {
        if (applied(asked, item, one) === 'permit') assert.equal(asking[index]?.decision, 'permit');
      }
    });
  });
});
