import { randomInt, randomUUID } from 'node:crypto';
import type { Question } from '../../schemas/decision.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Rule } from '../../schemas/provision.ts';
import { settings } from '../../schemas/settings.ts';
import { systems } from '../../schemas/vocabulary.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { replay } from '../../src/consent/evolve.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { type ResolvedQuestion, resolveQuestion } from '../../src/consent/question.ts';
import type { PatientRecord } from '../../src/consent/state.ts';
import type { BenchRow } from './row.ts';

const rounds = 15;
const lookups = 20_000;
const patients = 100_000;
/** Records in turn, each with 10 consents of 5 rules: as many as are asked about at one time. */
const records = 100;
const now = Date.parse('2026-03-01T00:00:00Z');

const purpose = (code: string) => ({ system: systems.purpose, code });
const label = (code: string) => ({ system: systems.confidentiality, code });
const purposes = [
  'TREAT',
  'HPAYMT',
  'HRESCH',
  'HOPERAT',
  'PUBHLTH',
  'CLINTRCH',
  'ETREAT',
  'HMARKT',
  'PATRQT',
  'COC',
];

/** Five rules of the kinds that consents are made of: by purpose, recipient, label, class and with exceptions. */
const rulesOf = (consent: number): Rule[] => [
  { type: 'permit', purpose: [purpose('TREAT')], recipient: [{ reference: `Organization/${consent}` }] },
  { type: 'permit', purpose: [purpose(purposes[consent]!)], exceptions: [{ label: [label('V')] }] },
  { type: 'deny', purpose: [purpose('HMARKT')] },
  { type: 'deny', recipient: [{ reference: `Practitioner/${consent}` }] },
  { type: 'permit', purpose: [purpose('HRESCH')], class: [{ code: 'Observation' }], action: ['use'] },
];

const grantOf = (consent: number): ConsentGranted => ({
  consentId: randomUUID(),
  signedAt: `2025-0${(consent % 9) + 1}-01T00:00:00.000Z`,
  period: { end: '2030-12-31T23:59:59.999Z' },
  rules: rulesOf(consent),
  agent: { issuer: 'https://issuer.example', subject: 'clerk' },
});

const recordOf = (): PatientRecord =>
  replay(
    Array.from({ length: 10 }, (_, consent) => ({
      type: 'ConsentGranted' as const,
      payload: grantOf(consent),
      revision: consent,
      recordedAt: Date.parse('2025-10-01T00:00:00Z') + consent,
      id: randomUUID(),
    })),
  );

const question: Question = {
  recipient: { reference: 'Practitioner/amy', memberOf: ['Organization/3'], roles: [] },
  purpose: purpose('TREAT'),
  action: 'use',
  items: [{ reference: 'Observation/1', class: [{ code: 'Observation' }], labels: [label('N')] }],
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Nanoseconds each of `times` calls takes. */
const nanosecondsOf = (times: number, run: (index: number) => void): number => {
  const start = process.hrtime.bigint();
  for (let index = 0; index < times; index++) run(index);
  return Number(process.hrtime.bigint() - start) / times;
};

/** A decision over a patient with 10 consents of 5 rules, against a Map that holds the decision ready. */
export const rows = async (): Promise<BenchRow[]> => {
  const compiled = compilePolicy(settings.parse({}));
  if (!compiled.ok) throw new Error(compiled.error.detail);
  const policy = compiled.value;
  const resolved = resolveQuestion(question, policy, now);
  if (!resolved.ok) throw new Error(resolved.error.detail);

  const names = Array.from({ length: patients }, () => randomUUID());
  const decisions = new Map(
    names.flatMap((name) => purposes.map((code) => [`${name}|${code}`, { decision: 'permit' }])),
  );
  const order = Uint32Array.from({ length: lookups }, () => randomInt(patients));
  const held = Array.from({ length: records }, recordOf);

  let permits = 0;
  const floor = () =>
    nanosecondsOf(lookups, (index) => {
      if (decisions.get(`${names[order[index]!]}|TREAT`)?.decision === 'permit') permits += 1;
    });
  const decide = (asked: ResolvedQuestion) =>
    nanosecondsOf(lookups, (index) => {
      const { items } = evaluate(held[order[index]! % records], asked, policy);
      if (items[0]?.decision === 'permit') permits += 1;
    });

  const floors: number[] = [];
  const reached: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair = [floor(), decide(resolved.value)] as const;
    if (round === 0) continue; // the first warms up
    floors.push(pair[0]);
    reached.push(pair[1]);
  }
  if (permits !== 2 * lookups * (rounds + 1)) throw new Error('every question is permitted');

  const ratio = median(floors) / median(reached);
  const aim = 0.2;
  return [
    {
      name: 'decision in process, 10 consents of 5 rules',
      floor: `Map lookup by patient and purpose, ${median(floors).toFixed(0)} ns`,
      reached: `${median(reached).toFixed(0)} ns`,
      ratio,
      aim,
      ok: ratio >= aim,
    },
  ];
};
