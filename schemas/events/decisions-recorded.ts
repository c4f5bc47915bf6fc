import { z } from 'zod';
import { answer, question, reason, verdict } from '../decision.ts';
import { instant } from '../instant.ts';
import { agent, defineEvent } from './define.ts';

/** One answer as it is logged: what an accounting of disclosures and a replay need (45 CFR 164.528). */
export const decisionEntry = z.strictObject({
  decisionId: z.uuid(),
  askedAt: instant,
  agent,
  question,
  answer,
  settings: z.string().describe('Hash of the settings it was given under'),
});
/** As version 1 of DecisionsRecorded has it: before processing could be restricted. */
const decisionEntryV1 = decisionEntry.extend({
  answer: answer.extend({
    items: z.array(verdict.extend({ reason: reason.exclude(['restricted']) })),
  }),
});
/** The versions of an entry: those of the event that it stands in. */
export const olderDecisionEntries = [{ schema: decisionEntryV1, upcast: (entry: unknown) => entry }] as const;

export type DecisionEntry = z.infer<typeof decisionEntry>;

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/);

const v2 = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        keyId: z.string().describe('The subject, whose key seals the entry'),
        commitment: base64url,
        envelope: base64url,
      }),
    )
    .min(1),
});

export type DecisionsRecorded = z.infer<typeof v2>;
export const decisionsRecorded = defineEvent(
  'DecisionsRecorded',
  'Answers that were given; each entry is sealed under the key of the patient it is about',
  [{ schema: v2, upcast: (payload) => payload }],
  v2,
);
