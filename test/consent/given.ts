import assert from 'node:assert/strict';
import type { Coding } from '../../schemas/coding.ts';
import type { Answer, Item, Question, Verdict } from '../../schemas/decision.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Result } from '../../schemas/result.ts';
import { settings } from '../../schemas/settings.ts';
import { systems } from '../../schemas/vocabulary.ts';
import type { Decided } from '../../src/consent/decide.ts';
import { evaluate } from '../../src/consent/evaluate.ts';
import { replay } from '../../src/consent/evolve.ts';
import { compilePolicy, type Policy } from '../../src/consent/policy.ts';
import { resolveQuestion } from '../../src/consent/question.ts';
import type { PatientEvent, PatientRecord } from '../../src/consent/state.ts';

/** What tests of the domain have in common: short ways to say what was recorded, and to ask. */
export const now = Date.parse('2026-06-01T12:00:00Z');
export const agent = { issuer: 'https://issuer.example', subject: 'clerk' };

export const purpose = (code: string): Coding => ({ system: systems.purpose, code });
export const sensitivity = (code: string): Coding => ({ system: systems.sensitivity, code });
export const confidentiality = (code: string): Coding => ({ system: systems.confidentiality, code });
export const duty = (code: string): Coding => ({ system: 'urn:duty', code });

/** Consents are called by one letter. */
export const id = (letter: string): string => `00000000-0000-4000-8000-0000000000${letter.charCodeAt(0)}`;

export const accepted = <T>(result: Result<T>): T => {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code} ${result.error.pointer ?? ''}`);
  return result.value;
};

export const site = (chosen: Parameters<typeof settings.parse>[0] = {}): Policy =>
  accepted(compilePolicy(settings.parse(chosen)));
export const usual = site();

type Content = Partial<Omit<ConsentGranted, 'consentId' | 'agent'>>;

/** Signed on 1 January 2026 unless it says otherwise; with no content it permits everything. */
export const granted = (letter: string, content: Content = { rules: [{ type: 'permit' }] }): Decided => ({
  type: 'ConsentGranted',
  payload: { consentId: id(letter), signedAt: '2026-01-01T00:00:00.000Z', ...content, agent },
});

export const revoked = (letter: string, effectiveAt?: string): Decided => ({
  type: 'ConsentRevoked',
  payload: { consentId: id(letter), ...(effectiveAt !== undefined && { effectiveAt }), agent },
});

export const invalidated = (letter: string): Decided => ({
  type: 'ConsentInvalidated',
  payload: { consentId: id(letter), reason: 'another patient signed it', agent },
});

export const declared = (recipient: string, until: string, from?: string): Decided => ({
  type: 'EmergencyAccessDeclared',
  payload: {
    declarationId: id('e'),
    recipient,
    until,
    ...(from !== undefined && { from }),
    reason: 'unconscious',
    agent,
  },
});

/** The form of the given combining, as a grant names it. */
export const form = (combining: 'independent' | 'replacing' | 'overlay', formId: string = combining) => ({
  formId,
  version: '1',
  combining,
  textSha256: '0'.repeat(64),
});

/** Facts in order of recording: a text in between is the day on which those after it are recorded. */
export const events = (...told: readonly (string | Decided)[]): PatientEvent[] => {
  let recordedAt = Date.parse('2026-01-01T00:00:00Z');
  let revision = 0;
  return told.flatMap((one) => {
    if (typeof one === 'string') {
      recordedAt = Date.parse(one);
      return [];
    }
    const event = { ...one, revision, recordedAt, id: `event-${revision}` };
    revision += 1;
    return [event];
  });
};

export const given = (...told: readonly (string | Decided)[]): PatientRecord => replay(events(...told));

/** Everything of this item is known, and nothing particular. */
export const plain: Required<Item> = {
  reference: 'Observation/1',
  class: [],
  code: [],
  labels: [],
  author: [],
  related: [],
  time: '2025-05-05',
};

/** Amy asks to use a plain item to treat, and says all of herself, unless the test says otherwise. */
export const asking = (changed: Partial<Question> = {}): Question => ({
  recipient: { reference: 'Practitioner/amy', memberOf: [], roles: [] },
  purpose: purpose('TREAT'),
  action: 'use',
  custodian: 'Organization/general',
  items: [plain],
  ...changed,
});

export const answerTo = (
  record: PatientRecord | undefined,
  changed: Partial<Question> = {},
  policy: Policy = usual,
): Answer => evaluate(record, accepted(resolveQuestion(asking(changed), policy, now)), policy);

/** The verdict on the first item. */
export const ask = (...asked: Parameters<typeof answerTo>): Verdict => {
  const [first] = answerTo(...asked).items;
  assert.ok(first);
  return first;
};

/** Decision and reason of the first item, as `deny: refused`. */
export const told = (...asked: Parameters<typeof answerTo>): string => {
  const { decision, reason } = ask(...asked);
  return `${decision}: ${reason}`;
};
