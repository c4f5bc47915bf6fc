import { z } from 'zod';
import { reference, uuid } from './coding.ts';
import { agent } from './events/define.ts';
import { instant } from './instant.ts';

const text = (max: number) => z.string().min(1).max(max);

export const erasureId = uuid.describe('Random id of a request for erasure');
export const holdId = uuid.describe('Random id of a hold');

/** Who acted, as the token says. */
export const officer = agent.extend({
  person: reference
    .optional()
    .describe('The natural person, as the issuer names it (claim fhirUser, SMART App Launch)'),
});
export type Officer = z.infer<typeof officer>;

/** Why the person may have it: GDPR Art. 17(1)(a) to (f). */
export const erasureGround = z.enum(['a', 'b', 'c', 'd', 'e', 'f']).describe('GDPR Art. 17(1), its letter');
/** Why it may not be done, or a trace be kept: GDPR Art. 17(3)(a) to (e). */
export const exemptionGround = z.enum(['a', 'b', 'c', 'd', 'e']).describe('GDPR Art. 17(3), its letter');

/** What may be corrected in a request while nothing is decided. */
export const erasureTerms = z.strictObject({
  requester: z
    .strictObject({
      kind: z.enum(['data-subject', 'representative', 'authority', 'controller']),
      name: text(500).optional(),
      contact: text(500).optional(),
    })
    .describe('Who asked; `controller` where a retention period ended'),
  identityCheck: text(2000).describe('How the identity of who asked was checked (Art. 12(6))'),
  ground: erasureGround,
  scope: z.literal('record').describe('The whole record: a part of it cannot be erased'),
  note: text(2000).optional(),
});
export type ErasureTerms = z.infer<typeof erasureTerms>;

export const rejectionGround = z.enum([
  'not-identified',
  'ground-not-met',
  'exempt',
  'manifestly-unfounded',
  'excessive',
  'withdrawn',
]);

/** A keyed hash of the identifier that stays behind, and keeps the answer at deny. */
export const suppression = z.strictObject({
  ground: exemptionGround,
  reason: text(2000),
});
export type Suppression = z.infer<typeof suppression>;

/** To whom the person's data may have gone: recipients of answers that permitted (Art. 19). */
export const recipient = z.strictObject({
  reference,
  answers: z.int().min(1),
  first: instant,
  last: instant,
});
export type Recipient = z.infer<typeof recipient>;

/** What is stated of a request that was executed. It names nobody. */
export const erasureStatement = z.strictObject({
  erasureId,
  article: z.string().max(20).describe('Of the GDPR, as in 17(1)(b)'),
  receivedAt: instant,
  dueAt: instant,
  approvedAt: instant,
  closedAt: instant.describe('When PatientErased was recorded: no event of the stream follows it'),
  unreadableSince: instant.describe('In service: data key and identifiers were gone from the vault'),
  irrecoverableOnceEpochRetired: z
    .int()
    .optional()
    .describe('The epoch whose key wrapped the data key: from no backup of the vault once that is destroyed'),
  recipients: z.int().min(0).describe('Who must be told (Art. 19)'),
  recipientsTold: z.int().min(0),
  exportsRemoved: z.int().min(0),
  suppressed: z
    .string()
    .max(20)
    .optional()
    .describe('Ground on which a keyed hash of the identifier is kept'),
  remains: z.strictObject({ what: z.array(z.string().max(50)).max(20), events: z.int().min(1) }),
});
export type ErasureStatement = z.infer<typeof erasureStatement>;

const named = z.strictObject({ issuer: z.string(), subject: z.string() });
/** On whose word it was done. */
export const erasureOfficers = z.strictObject({ requestedBy: named, approvedBy: named });
export type ErasureOfficers = z.infer<typeof erasureOfficers>;
