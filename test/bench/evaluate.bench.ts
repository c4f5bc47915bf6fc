import { randomInt, randomUUID } from 'node:crypto';
import { settings } from '../../schemas/settings.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { replay } from '../../src/consent/evolve.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { type ResolvedQuestion, resolveQuestion } from '../../src/consent/question.ts';
import type { PatientRecord } from '../../src/consent/state.ts';
import { median } from './rounds.ts';
import type { BenchRow } from './row.ts';
import { grants, purposes, question } from './ten-consents.ts';

const rounds = 15;
const lookups = 20_000;
const patients = 100_000;
/** Records in turn, each with 10 consents of 5 rules: as many as are asked about at one time. */
const records = 100;
const now = Date.parse('2026-03-01T00:00:00Z');

const recordOf = (): PatientRecord =>
  replay(
    grants.map((grant, revision) => ({
      type: 'ConsentGranted' as const,
      payload: {
        ...grant,
        consentId: randomUUID(),
        agent: { issuer: 'https://issuer.example', subject: 'clerk' },
      },
      revision,
      recordedAt: Date.parse('2025-10-01T00:00:00Z') + revision,
      id: randomUUID(),
    })),
  );

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
