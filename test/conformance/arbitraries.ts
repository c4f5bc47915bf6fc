import fc from 'fast-check';
import type { Coding } from '../../schemas/coding.ts';
import type { Enforceable, Item, Question } from '../../schemas/decision.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import { historyAbout } from './random/history.ts';
import {
  aClass,
  action,
  clinic,
  code,
  days,
  label,
  maybe,
  moment,
  oneOf,
  period,
  registry,
  resource,
  role,
  some,
  target,
  themes,
  written,
} from './random/vocabulary.ts';
import { purpose, sensitivity, site } from './story.ts';

/** A random history and question; every vocabulary is small, so that what is said meets what is asked. */
export interface RandomCase {
  readonly events: readonly PatientEvent[];
  readonly question: Question;
  readonly settings: Settings;
  /** Items of which everything is known, to apply residuals to. */
  readonly probes: readonly Required<Item>[];
}

const time: fc.Arbitrary<Required<Item>['time']> = fc.oneof(
  moment,
  oneOf(...days, '2026-01', '2026', '2025'),
  period,
);
const probe: fc.Arbitrary<Required<Item>> = fc.record({
  reference: resource,
  class: fc.array(aClass, { maxLength: 2 }),
  code: fc.array(code, { maxLength: 2 }),
  labels: fc.array(label, { maxLength: 3 }),
  author: fc.array(written, { maxLength: 2 }),
  related: fc.array(target, { maxLength: 2 }),
  time,
}) as fc.Arbitrary<Required<Item>>;

/** Each attribute is known or unknown by itself. */
const item: fc.Arbitrary<Item> = fc
  .tuple(probe, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), fc.boolean())
  .map(
    ([whole, kept, all]) =>
      Object.fromEntries(Object.entries(whole).filter((_, index) => all || kept[index])) as Item,
  );

const enforceable: readonly Enforceable[] = ['class', 'code', 'labels', 'data', 'dataPeriod', 'author'];

/** What an item holds that a rule's criterion of this name is held against. */
export const attributesOf: Readonly<Record<Enforceable, readonly (keyof Item)[]>> = {
  class: ['class'],
  code: ['code'],
  labels: ['labels'],
  data: ['reference', 'related', 'author'],
  dataPeriod: ['time'],
  author: ['author'],
};

/** All is known but what the asker enforces itself (S7.7). */
const enforcing = (question: Question, whole: Required<Item>): Question => {
  const { enforces = enforceable, recipient } = question;
  const unknown = enforces.flatMap((attribute) => attributesOf[attribute]);
  const kept = Object.entries(whole).filter(([attribute]) => !unknown.some((one) => one === attribute));
  return {
    ...question,
    recipient: { memberOf: [], roles: [], ...recipient },
    custodian: question.custodian ?? 'Organization/annex',
    items: [Object.fromEntries(kept)],
    enforces: [...enforces],
  };
};

const questionAbout = (aPurpose: fc.Arbitrary<Coding>): fc.Arbitrary<Question> =>
  fc
    .record({
      recipient: fc
        .tuple(
          written,
          maybe(60, fc.array(written, { maxLength: 2 })),
          maybe(60, fc.array(role, { maxLength: 1 })),
        )
        .map(([reference, memberOf, roles]) => ({
          reference,
          ...(memberOf ? { memberOf } : {}),
          ...(roles ? { roles } : {}),
        })),
      purpose: aPurpose,
      action,
      custodian: maybe(60, written),
      items: maybe(85, some(item, 3)),
      enforces: maybe(40, fc.uniqueArray(oneOf(...enforceable), { minLength: 1 })),
      validAt: maybe(60, moment),
      knownAt: maybe(30, moment),
    })
    .map(
      (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Question,
    );

const sites: readonly Settings[] = [
  {},
  { timeZone: 'Europe/Berlin', breakGlass: 'by-consent' },
  {
    timeZone: 'America/New_York',
    implicitPolicy: {
      unknownPatients: true,
      purposes: [
        { purpose: purpose('TREAT'), decision: 'permit' },
        { purpose: purpose('ERTREAT'), decision: 'deny' },
      ],
    },
  },
  {
    implicitPolicy: {
      purposes: [
        { purpose: purpose('PurposeOfUse'), decision: 'deny' },
        { purpose: purpose('TREAT'), decision: 'permit' },
        { purpose: purpose('HRESCH'), decision: 'permit' },
        { purpose: purpose('PUBHLTH'), decision: 'deny' },
      ],
    },
  },
].map((chosen) =>
  site({
    referenceBase: 'https://fhir.example.org',
    labelSystems: ['urn:site:label'],
    purposes: [{ ...registry, parents: [purpose('HRESCH'), purpose('PUBHLTH')] }],
    sensitivities: [{ ...clinic, parents: [sensitivity('HIV'), sensitivity('SPI')] }],
    ...chosen,
  }),
);

const caseAbout = (aPurpose: fc.Arbitrary<Coding>): fc.Arbitrary<RandomCase> => {
  const question = questionAbout(aPurpose);
  return fc.record({
    events: historyAbout(aPurpose),
    question: fc.oneof(
      { weight: 2, arbitrary: question },
      { weight: 1, arbitrary: fc.tuple(question, probe).map(([one, whole]) => enforcing(one, whole)) },
    ),
    settings: oneOf(...sites),
    probes: fc.array(probe, { minLength: 4, maxLength: 4 }),
  });
};

export const randomCase: fc.Arbitrary<RandomCase> = fc.oneof(
  ...themes.map((theme) => caseAbout(oneOf<Coding>(...theme))),
);
