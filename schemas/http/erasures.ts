import { z } from 'zod';
import { coding, identifier, reference, uuid } from '../coding.ts';
import {
  erasureId,
  erasureOfficers,
  erasureStatement,
  erasureTerms,
  exemptionGround,
  holdId,
  officer,
  recipient,
  rejectionGround,
  suppression,
} from '../erasure.ts';
import { dateTime, instant } from '../instant.ts';
import { revision, written } from './common.ts';
import { provenEvent, provenHead } from './evidence.ts';
import { route } from './route.ts';

const text = (max: number) => z.string().min(1).max(max);
const params = z.strictObject({ erasureId });
const reason = text(2000);

export const erasureStatus = z.enum(['requested', 'approved', 'rejected', 'executed']);
export const urgency = z
  .enum(['in-time', 'due-soon', 'overdue'])
  .describe('Of a request that is not answered: by GDPR Art. 12(3)');

const writtenErasure = z.strictObject({ erasureId, ...written.shape }).meta({ id: 'WrittenErasure' });
const noted = { at: instant, officer };

const hold = z.strictObject({
  holdId,
  ground: exemptionGround,
  reason: z.string(),
  ...noted,
  lifted: z.strictObject({ reason: z.string(), ...noted }).optional(),
});

const summary = {
  erasureId,
  status: erasureStatus,
  receivedAt: instant,
  dueAt: instant,
  urgency: urgency.optional(),
  extended: z.boolean(),
  held: z.boolean(),
};

const erasure = z
  .strictObject({
    ...summary,
    revision,
    patient: identifier,
    terms: erasureTerms,
    requested: z.strictObject(noted),
    extension: z.strictObject({ reason: z.string(), ...noted }).optional(),
    holds: z.array(hold),
    approval: z
      .strictObject({ recordRevision: revision.optional(), suppression: suppression.optional(), ...noted })
      .optional(),
    rejection: z.strictObject({ ground: rejectionGround, reason: z.string(), ...noted }).optional(),
    recipients: z.array(recipient.extend({ told: z.strictObject({ how: z.string(), ...noted }).optional() })),
    executed: z
      .strictObject({ destroyedAt: instant, exportsRemoved: z.int().min(0), at: instant })
      .optional(),
  })
  .meta({ id: 'Erasure' });

const preview = z
  .strictObject({
    revision: revision.describe('Of the request; an approval names it'),
    recordRevision: revision.describe('Of the patient’s record'),
    recordedSince: z
      .array(
        z.strictObject({
          what: z.enum(['consent', 'restriction']),
          id: uuid.describe('consentId, or restrictionId'),
          revision,
          recordedAt: instant,
        }),
      )
      .describe('After the request was received. Where there is any, an approval names the recordRevision'),
    destroyed: z.strictObject({
      consents: z.int().min(0).describe('In the record, whatever their standing'),
      recipients: z.array(recipient).describe('Who must be told (Art. 19), as of now'),
    }),
    remains: z
      .strictObject({ events: z.record(z.string(), z.int()) })
      .describe('Unreadable, in the log, by type'),
    retentionOverSince: instant
      .optional()
      .describe('Absent: the retention periods of its forms are not over, or not all of them have one'),
    turnedToPermit: z
      .array(coding)
      .describe('Purposes that the implicit policy permits once a refusal that stands is forgotten'),
  })
  .meta({ id: 'ErasurePreview' });

/** What the certificate says; it is signed as it stands. */
export const erasureCertificate = z
  .strictObject({
    version: z.literal(1),
    tenant: z.string(),
    subject: uuid.describe('The random id that the log knew the person by'),
    ...erasureStatement.shape,
    ...erasureOfficers.shape,
    proof: z.strictObject({ checkpoint: z.string(), event: provenEvent, head: provenHead }),
  })
  .meta({ id: 'ErasureCertificate' });
export type ErasureCertificate = z.infer<typeof erasureCertificate>;

const commandFailures = [
  'revision-mismatch',
  'write-contention',
  'outcome-unknown',
  'idempotency-key-reused',
] as const;
const openFailures = [...commandFailures, 'erasure-unknown', 'erasure-decided'] as const;

/** A route that writes to the stream of one request. */
const write = <const Path extends string, Body extends z.ZodType, const Failures extends readonly string[]>(
  path: Path,
  summary: string,
  body: Body,
  failures: Failures,
) => ({
  method: 'post' as const,
  path,
  tag: 'erasures' as const,
  summary,
  body,
  status: 201 as const,
  response: writtenErasure,
  writes: true as const,
  failures,
});

export const erasureRoutes = {
  requestErasure: route({
    ...write(
      '/erasures',
      'Record that erasure was asked for (GDPR Art. 17)',
      z
        .strictObject({
          patient: identifier,
          receivedAt: dateTime.optional().describe('When it reached the controller; absent: now'),
          ...erasureTerms.shape,
        })
        .meta({ id: 'ErasureRequest' }),
      [...commandFailures, 'patient-unknown', 'erasure-decided'],
    ),
    access: 'request-erasure',
  }),
  listErasures: route({
    method: 'get',
    path: '/erasures',
    tag: 'erasures',
    summary: 'The requests of the tenant, those that are due first',
    access: 'read-erasures',
    query: z.strictObject({ status: erasureStatus.optional(), urgency: urgency.optional() }),
    status: 200,
    response: z
      .strictObject({
        items: z.array(z.strictObject(summary)),
        unreadable: z
          .array(erasureId)
          .describe('Requests that cannot be read, whatever was searched for: for the operator'),
      })
      .meta({ id: 'Erasures' }),
    failures: [],
  }),
  readErasure: route({
    method: 'get',
    path: '/erasures/{erasureId}',
    tag: 'erasures',
    summary: 'A request, and what was done about it',
    access: 'read-erasures',
    params,
    status: 200,
    response: erasure,
    failures: ['erasure-unknown', 'record-unreadable'],
  }),
  previewErasure: route({
    method: 'get',
    path: '/erasures/{erasureId}/preview',
    tag: 'erasures',
    summary: 'What would be destroyed, what would remain, and who would have to be told; nothing is done',
    access: 'read-erasures',
    params,
    status: 200,
    response: preview,
    failures: ['store-behind', 'erasure-unknown', 'erasure-decided', 'position-pending', 'record-unreadable'],
  }),
  amendErasure: route({
    ...write(
      '/erasures/{erasureId}/amendments',
      'Correct what a request says; whoever does cannot approve it',
      erasureTerms,
      openFailures,
    ),
    params,
    access: 'request-erasure',
  }),
  extendErasure: route({
    ...write(
      '/erasures/{erasureId}/extensions',
      'Take two further months, with the reason that the person is told (Art. 12(3))',
      z.strictObject({ reason }),
      [...openFailures, 'erasure-extended'],
    ),
    params,
    access: 'request-erasure',
  }),
  placeHold: route({
    ...write(
      '/erasures/{erasureId}/holds',
      'Hold a request: an exemption of Art. 17(3), a legal hold among them',
      z.strictObject({ ground: exemptionGround, reason }),
      openFailures,
    ),
    response: z.strictObject({ erasureId, holdId, ...written.shape }).meta({ id: 'WrittenHold' }),
    params,
    access: 'request-erasure',
  }),
  liftHold: route({
    ...write('/erasures/{erasureId}/holds/{holdId}/liftings', 'Lift a hold', z.strictObject({ reason }), [
      ...openFailures,
      'not-found',
    ]),
    params: z.strictObject({ erasureId, holdId }),
    access: 'request-erasure',
  }),
  approveErasure: route({
    ...write(
      '/erasures/{erasureId}/approvals',
      'Approve a request as it stands, as a second person; it is then carried out, and cannot be undone',
      z.strictObject({
        revision: z.int().min(0).describe('Of the request that was read'),
        recordRevision: z
          .int()
          .min(0)
          .optional()
          .describe('Of the patient’s record that was read: needed where the preview has `recordedSince`'),
        suppression: suppression.optional().describe('Keep a keyed hash that keeps the answer at deny'),
        forgetRefusals: z
          .literal(true)
          .optional()
          .describe('Let the implicit policy permit what was refused'),
      }),
      [
        ...openFailures,
        'four-eyes',
        'erasure-held',
        'suppression-undecided',
        'recorded-since',
        'store-behind',
        'record-unreadable',
      ],
    ),
    params,
    access: 'approve-erasure',
  }),
  rejectErasure: route({
    ...write(
      '/erasures/{erasureId}/rejections',
      'Reject a request, with the reasons that the person is told (Art. 12(4))',
      z.strictObject({ ground: rejectionGround, reason }),
      openFailures,
    ),
    params,
    access: 'approve-erasure',
  }),
  tellRecipient: route({
    ...write(
      '/erasures/{erasureId}/notifications',
      'Record that a recipient was told of the erasure (Art. 19)',
      z.strictObject({ recipient: reference, how: reason }),
      [...commandFailures, 'erasure-unknown', 'erasure-state', 'not-found'],
    ),
    params,
    access: 'request-erasure',
  }),
  erasureCertificate: route({
    method: 'get',
    path: '/erasures/{erasureId}/certificate',
    tag: 'erasures',
    summary: 'The certificate of an erasure that was executed, signed, with its proof',
    access: 'read-erasures',
    params,
    status: 200,
    response: z
      .strictObject({
        certificate: erasureCertificate,
        signed: z.string().describe('JWS, compact (RFC 7515), EdDSA; docs/evidence-format.md'),
      })
      .meta({ id: 'SignedErasureCertificate' }),
    failures: ['erasure-unknown', 'erasure-state', 'evidence-diverged', 'record-unreadable'],
  }),
};
