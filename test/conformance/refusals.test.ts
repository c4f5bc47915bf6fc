import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coding } from '../../schemas/coding.ts';
import type { FailureCode } from '../../schemas/failures.ts';
import type { Exception } from '../../schemas/provision.ts';
import type { Result } from '../../schemas/result.ts';
import * as decide from '../../src/consent/decide.ts';
import { fold } from '../../src/consent/evolve.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import {
  ask,
  days,
  declared,
  granted,
  history,
  invalidated,
  now,
  plainCode,
  purpose,
  revoked,
  sensitivity,
  site,
  siteLabel,
  type Told,
} from './story.ts';

const compiled = compilePolicy(site());
assert.ok(compiled.ok);
const policy = compiled.value;
const permit = { rules: [{ type: 'permit' as const }] };

/** Puts the command behind a fact to the domain, after what was told before. */
const decided = (command: Told, before: readonly Told[]): Result<unknown> => {
  const record = fold(emptyRecord, history(before));
  switch (command.type) {
    case 'ConsentGranted':
      return decide.grant(record, command.payload, policy);
    case 'ConsentRevoked':
      return decide.revoke(record, command.payload, policy);
    case 'ConsentInvalidated':
      return decide.invalidate(record, command.payload);
    case 'EmergencyAccessDeclared':
      return decide.declareEmergency({ ...command.payload, now }, policy);
    case 'RestrictionPlaced':
      return decide.restrict(record, command.payload);
    case 'RestrictionLifted':
      return decide.liftRestriction(record, command.payload);
    case 'ConsentExpired':
    case 'PatientErased':
      throw new Error(`no command leads to ${command.type}`);
  }
};

const codeOf = (result: Result<unknown>): FailureCode | 'accepted' =>
  result.ok ? 'accepted' : result.error.code;

/** A permit with exceptions so many levels below it. */
const nested = (levels: number): Exception => (levels === 0 ? {} : { exceptions: [nested(levels - 1)] });
const deep = (depth: number) => ({ rules: [{ type: 'permit' as const, ...nested(depth - 1) }] });
const wide = (count: number) => ({
  rules: Array.from({ length: count }, () => ({ type: 'permit' as const })),
});

interface Refusal {
  readonly title: string;
  readonly before?: readonly Told[];
  readonly command: Told;
  readonly code: FailureCode | 'accepted';
}

/** What a writer refuses, so that no history holds it. */
const refusals: readonly Refusal[] = [
  {
    title: 'S2.1 retroactive without a start of its period is refused',
    command: granted('A', { ...permit, retroactive: true, period: days(undefined, '2026-12-31') }),
    code: 'retroactive-without-start',
  },
  {
    title: 'S2.2 a revocation with effect before signing is refused',
    before: [granted('A', { ...permit, signedAt: '2026-02-01' })],
    command: revoked('A', '2026-01-31'),
    code: 'revocation-before-signing',
  },
  {
    title: 'S2.2 with effect at signing it is accepted',
    before: [granted('A', { ...permit, signedAt: '2026-02-01' })],
    command: revoked('A', '2026-02-01'),
    code: 'accepted',
  },
  {
    title: 'S2.6 a consentId is granted once',
    before: [granted('A', permit)],
    command: granted('A', permit),
    code: 'consent-exists',
  },
  {
    title: 'S2.6 also where the first was invalidated',
    before: [granted('A', permit), invalidated('A')],
    command: granted('A', permit),
    code: 'consent-exists',
  },
  {
    title: 'S2.6 revoking an unknown consent is refused',
    command: revoked('A'),
    code: 'consent-unknown',
  },
  {
    title: 'S2.6 invalidating an unknown consent is refused',
    command: invalidated('A'),
    code: 'consent-unknown',
  },
  {
    title: 'S2.6 replacing an unknown consent is refused',
    command: granted('A', { ...permit, replaces: ['B'] }),
    code: 'consent-unknown',
  },
  {
    title: 'S2.6 invalidating twice is refused',
    before: [granted('A', permit), invalidated('A')],
    command: invalidated('A'),
    code: 'consent-already-invalidated',
  },
  {
    title: 'S3 with neither rule nor otherwise it is refused',
    command: granted('A'),
    code: 'consent-empty',
  },
  {
    title: 'S3 an empty list is refused',
    command: granted('A', { rules: [{ type: 'permit', code: [] }] }),
    code: 'invalid-request',
  },
  {
    title: 'S3 obligations of a deny rule are refused',
    command: granted('A', { rules: [{ type: 'deny', obligations: [plainCode('1')] }] }),
    code: 'invalid-request',
  },
  { title: 'S3 a depth of 32 is accepted', command: granted('A', deep(32)), code: 'accepted' },
  { title: 'S3 a depth of 33 is refused', command: granted('A', deep(33)), code: 'rule-limit' },
  { title: 'S3 10,000 rules are accepted', command: granted('A', wide(10_000)), code: 'accepted' },
  { title: 'S3 10,001 rules are refused', command: granted('A', wide(10_001)), code: 'rule-limit' },
  {
    title: 'S5.1 a rule with a label of a system that is not configured is refused',
    command: granted('A', { rules: [{ type: 'permit', label: [siteLabel('staff')] }] }),
    code: 'label-system-unknown',
  },
  {
    title: 'S6.1 a purpose of a system that is not configured is refused',
    command: granted('A', { rules: [{ type: 'permit', purpose: [plainCode('1')] }] }),
    code: 'purpose-system-unknown',
  },
  {
    title: 'S6.2 how far off until may be is bounded',
    command: declared('E', 'Practitioner/amy', '2026-06-01T12:00:00.001Z'),
    code: 'emergency-too-long',
  },
  {
    title: 'S6.2 at the bound it is accepted',
    command: declared('E', 'Practitioner/amy', '2026-06-01T12:00:00.000Z'),
    code: 'accepted',
  },
];

for (const { title, before = [], command, code } of refusals) {
  test(title, () => {
    assert.equal(codeOf(decided(command, before)), code);
  });
}

test('S4.2 a coding without a system is refused', () => {
  assert.equal(coding.safeParse({ code: 'TREAT' }).success, false);
});

test('S4.3 a cyclic tree is refused at start', () => {
  const cyclic = [
    { ...sensitivity('a'), parents: [sensitivity('b')] },
    { ...sensitivity('b'), parents: [sensitivity('a')] },
  ];
  assert.equal(codeOf(compilePolicy(site({ sensitivities: cyclic }))), 'invalid-request');
});

test('S4.3 a cycle through published codes is refused too', () => {
  const cyclic = [{ ...purpose('TREAT'), parents: [purpose('ERTREAT')] }];
  assert.equal(codeOf(compilePolicy(site({ purposes: cyclic }))), 'invalid-request');
});

test('S6.1 a question for a purpose of a system that is not configured is refused', () => {
  const question = ask({ purpose: plainCode('1') });
  assert.equal(codeOf(resolveQuestion(question, policy, now)), 'purpose-system-unknown');
});
