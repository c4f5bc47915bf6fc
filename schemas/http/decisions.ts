import { z } from 'zod';
import { identifier, uuid } from '../coding.ts';
import { answer, question } from '../decision.ts';
import { agent } from '../events/define.ts';
import { instant, period } from '../instant.ts';
import { cursor, position } from './common.ts';
import { route } from './route.ts';

const decision = z
  .strictObject({
    decisionId: uuid.describe('Under which the answer stands in the log'),
    askedAt: instant,
    settings: z.string().describe('Hash of the settings that it was given under'),
    answer,
  })
  .meta({ id: 'Decision' });

const logged = z
  .strictObject({
    decisionId: uuid,
    askedAt: instant,
    agent: agent.describe('Who asked'),
    question,
    answer,
    settings: z.string(),
  })
  .meta({ id: 'LoggedDecision' });

export const decisionRoutes = {
  askDecision: route({
    method: 'post',
    path: '/decisions',
    tag: 'decisions',
    summary: 'May this recipient use this patient’s data, for this purpose, at this moment?',
    access: 'ask',
    body: z
      .strictObject({ patient: identifier, question, position: position.optional() })
      .meta({ id: 'Ask' }),
    status: 200,
    response: decision,
    failures: ['organisation-mismatch', 'purpose-system-unknown', 'position-pending', 'store-behind'],
  }),
  askDecisions: route({
    method: 'post',
    path: '/decisions/batch',
    tag: 'decisions',
    summary: 'Many questions about many patients: all are answered, in their order, or none is',
    access: 'ask',
    body: z
      .strictObject({
        requests: z
          .array(z.strictObject({ patient: identifier, questions: z.array(question).min(1).max(100) }))
          .min(1)
          .max(100),
        position: position.optional(),
      })
      .meta({ id: 'AskBatch' }),
    status: 200,
    response: z
      .strictObject({
        answers: z.array(z.strictObject({ decisions: z.array(decision) })).describe('One for each request'),
      })
      .meta({ id: 'Decisions' }),
    failures: ['organisation-mismatch', 'purpose-system-unknown', 'position-pending', 'store-behind'],
  }),
  replayDecision: route({
    method: 'post',
    path: '/decisions/{decisionId}/replay',
    tag: 'decisions',
    summary: 'Answer a logged question again, from the record and the settings that it was answered from',
    access: 'read-disclosures',
    params: z.strictObject({ decisionId: uuid }),
    body: z.strictObject({ patient: identifier }),
    status: 200,
    response: z
      .strictObject({ recorded: logged, replayed: answer, same: z.boolean() })
      .meta({ id: 'Replay' }),
    failures: ['patient-unknown', 'not-found'],
  }),
  patientDisclosures: route({
    method: 'post',
    path: '/patients/disclosures',
    tag: 'patients',
    summary:
      'Who asked about a patient, when, what, for which purpose, and what was answered (45 CFR 164.528)',
    access: 'read-disclosures',
    body: z.strictObject({
      patient: identifier,
      period: period.optional().describe('When the answer was given; absent: always'),
      limit: z.int().min(1).max(500).default(100),
      cursor: cursor.optional(),
      position: position.optional(),
    }),
    status: 200,
    response: z
      .strictObject({
        items: z.array(z.strictObject({ ...logged.shape, recordedAt: instant })),
        next: cursor.optional(),
      })
      .meta({ id: 'Disclosures' }),
    failures: ['patient-unknown', 'position-pending', 'store-behind'],
  }),
};
