import { z } from 'zod';
import { identifier, uuid } from '../coding.ts';
import { instant } from '../instant.ts';
import { cursor, position } from './common.ts';
import { route } from './route.ts';

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hex');

/** Where an event stands in the log, and all that its leaf binds (docs/evidence-format.md). */
export const provenEvent = z
  .strictObject({
    index: z.int().min(0).describe('Index of its leaf; the first of the log has 0'),
    tenant: z.string(),
    stream: z.string(),
    revision: z.int().min(0),
    previous: hash.optional().describe('Leaf hash of the event before it in its stream'),
    id: z.string(),
    type: z.string(),
    schemaVersion: z.int().min(1),
    recordedAt: instant,
    commitment: z.string().describe('base64url'),
    stored: hash.describe('Of the bytes that are stored'),
    path: z.array(hash).max(64).describe('Inclusion proof (RFC 9162 section 2.1.3), from the leaf up'),
  })
  .meta({ id: 'ProvenEvent' });
export type ProvenEvent = z.infer<typeof provenEvent>;

/** What the heads tree commits to under a name, or that it commits to nothing under it. */
export const provenHead = z
  .strictObject({
    name: z.string(),
    siblings: z.array(hash).max(256).describe('Hashes beside the way, from the root down'),
    found: z
      .strictObject({ key: hash, count: z.int().min(1), hash })
      .optional()
      .describe(
        'The only head there: that of the name (presence), or another (absence). Absent: nothing is there',
      ),
  })
  .meta({ id: 'ProvenHead' });
export type ProvenHead = z.infer<typeof provenHead>;

/** A logged answer about a patient: which entry of which event, and the proof that it is that entry. */
export const provenDecision = z
  .strictObject({
    event: provenEvent,
    entry: z.int().min(0),
    entries: z.int().min(1).describe('How many entries the event has'),
    commitment: z.string().describe('base64url, of the entry'),
    path: z.array(hash).max(64).describe('Inclusion of the commitment under that of the event'),
  })
  .meta({ id: 'ProvenDecision' });
export type ProvenDecision = z.infer<typeof provenDecision>;

const note = z.string().describe('C2SP signed note: the checkpoint that all of this is under');

const consistency = z.strictObject({
  from: z.int().min(0),
  path: z.array(hash).max(128).describe('Consistency proof (RFC 9162 section 2.1.4)'),
});

const since = z
  .int()
  .min(0)
  .optional()
  .describe('Size of a checkpoint that is kept: the answer then proves that the log has only grown since');

const checkpoint = z
  .strictObject({
    note,
    origin: z.string(),
    size: z.int().min(0).describe('Number of events'),
    root: hash.describe('Of the Merkle tree over the events'),
    heads: hash.describe('Root of the heads tree'),
    recordedAt: instant.describe('When the last of those events was recorded'),
    verifiers: z.array(z.string()).describe('The keys that sign now (C2SP vkey)'),
  })
  .meta({ id: 'Checkpoint' });

const page = {
  patient: identifier,
  since,
  limit: z.int().min(1).max(500).default(100),
  cursor: cursor.optional(),
};

export const evidenceRoutes = {
  readCheckpoint: route({
    method: 'get',
    path: '/evidence/checkpoint',
    tag: 'evidence',
    summary: 'The latest signed checkpoint',
    access: 'read-evidence',
    status: 200,
    response: checkpoint,
    failures: ['not-found', 'evidence-diverged'],
  }),
  signCheckpoint: route({
    method: 'post',
    path: '/evidence/checkpoint',
    tag: 'evidence',
    summary: 'Have a checkpoint signed now; the latest again, where nothing was recorded since',
    access: 'sign-checkpoint',
    body: z.strictObject({}),
    status: 200,
    response: checkpoint,
    failures: ['not-found', 'evidence-diverged', 'write-contention', 'outcome-unknown'],
  }),
  proveEvents: route({
    method: 'post',
    path: '/evidence/proofs',
    tag: 'evidence',
    summary: 'Prove the events of a patient, and that there are no others, up to a signed checkpoint',
    access: 'read-evidence',
    body: z.strictObject({ ...page, position: position.optional() }),
    status: 200,
    response: z
      .strictObject({
        checkpoint: note,
        head: provenHead,
        events: z.array(provenEvent).describe('From revision 0 on, over all pages'),
        consistency: consistency.optional(),
        next: cursor.optional(),
      })
      .meta({ id: 'EventProofs' }),
    failures: ['patient-unknown', 'position-pending', 'store-behind', 'evidence-diverged'],
  }),
  proveDecisions: route({
    method: 'post',
    path: '/evidence/proofs/decisions',
    tag: 'evidence',
    summary:
      'Prove the logged answers about a patient, and that there are no others, up to a signed checkpoint',
    access: 'read-evidence',
    body: z.strictObject({ ...page, position: position.optional() }),
    status: 200,
    response: z
      .strictObject({
        checkpoint: note,
        head: provenHead,
        decisions: z.array(provenDecision).describe('In the order of the log, over all pages'),
        consistency: consistency.optional(),
        next: cursor.optional(),
      })
      .meta({ id: 'DecisionProofs' }),
    failures: ['patient-unknown', 'position-pending', 'store-behind', 'evidence-diverged'],
  }),
  receiveReceipt: route({
    method: 'post',
    path: '/evidence/receipts',
    tag: 'evidence',
    summary: 'A signed receipt for an event that was recorded, with the proof that it stands in the log',
    access: 'read-evidence',
    body: z.strictObject({ patient: identifier, revision: z.int().min(0), position: position.optional() }),
    status: 200,
    response: z
      .strictObject({
        eventId: uuid,
        receipt: z.string().describe('JWS, compact (RFC 7515), EdDSA; see docs/evidence-format.md'),
      })
      .meta({ id: 'Receipt' }),
    failures: ['patient-unknown', 'not-found', 'position-pending', 'store-behind', 'evidence-diverged'],
  }),
};
