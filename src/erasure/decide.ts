import type { ErasureTerms, Officer } from '../../schemas/erasure.ts';
import type { DestructionBegun } from '../../schemas/events/destruction-begun.ts';
import type { ErasureApproved } from '../../schemas/events/erasure-approved.ts';
import type { ErasureExecuted } from '../../schemas/events/erasure-executed.ts';
import type { ErasureRejected } from '../../schemas/events/erasure-rejected.ts';
import type { ErasureRequested } from '../../schemas/events/erasure-requested.ts';
import type { LegalHoldLifted } from '../../schemas/events/legal-hold-lifted.ts';
import type { LegalHoldPlaced } from '../../schemas/events/legal-hold-placed.ts';
import type { RecipientTold } from '../../schemas/events/recipient-told.ts';
import type { RecipientsListed } from '../../schemas/events/recipients-listed.ts';
import type { SuppressionKept } from '../../schemas/events/suppression-kept.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { isoOf } from '../consent/time.ts';
import { extendedMonths, monthsAfter, usualMonths } from './deadline.ts';
import { type Erasure, type ErasureFact, recipientsOf, standingHolds } from './erasure.ts';
import { maybeSamePerson } from './four-eyes.ts';
import type { Bearing } from './preview.ts';

/** What a command leads to: facts, or why not. Pure. */
export type Decided = Result<readonly ErasureFact[]>;

/** Records a request. Failure: `invalid-request` where it was received in the future. */
export const request = (
  erasure: Erasure,
  asked: Omit<ErasureRequested, 'dueAt' | 'receivedAt'> & { readonly receivedAt: Millis },
  now: Millis,
  timeZone: string,
): Decided => {
  if (erasure.requested) return decidedBefore(erasure);
  const { receivedAt } = asked;
  if (receivedAt > now) return fail('invalid-request', 'it is received in the future', '/receivedAt');
  const dueAt = isoOf(monthsAfter(receivedAt, usualMonths, timeZone));
  return ok([{ type: 'ErasureRequested', payload: { ...asked, receivedAt: isoOf(receivedAt), dueAt } }]);
};

/** Corrects what a request says. Failures: those of `open`. */
export const amend = (erasure: Erasure, terms: ErasureTerms, officer: Officer): Decided =>
  whileOpen(erasure, () => ok([{ type: 'ErasureAmended', payload: { terms, officer } }]));

/** Gives it two further months, once (Art. 12(3)). Failures: `erasure-decided`, `erasure-extended`. */
export const extend = (erasure: Erasure, reason: string, officer: Officer, timeZone: string): Decided =>
  whileOpen(erasure, ({ receivedAt }) => {
    if (erasure.extended) return fail('erasure-extended', 'it was extended before (Art. 12(3))');
    const dueAt = isoOf(monthsAfter(Date.parse(receivedAt), extendedMonths, timeZone));
    return ok([{ type: 'ErasureExtended', payload: { dueAt, reason, officer } }]);
  });

/** Places a hold: while it stands nothing is approved. Failure: `erasure-decided`. */
export const placeHold = (erasure: Erasure, hold: LegalHoldPlaced): Decided =>
  whileOpen(erasure, () => ok([{ type: 'LegalHoldPlaced', payload: hold }]));

/** Lifts a hold. Failures: `erasure-decided`, `not-found`. */
export const liftHold = (erasure: Erasure, lifted: LegalHoldLifted): Decided =>
  whileOpen(erasure, () =>
    standingHolds(erasure).some(({ holdId }) => holdId === lifted.holdId)
      ? ok([{ type: 'LegalHoldLifted', payload: lifted }])
      : fail('not-found', 'no such hold stands'),
  );

/**
 * Approves the request as it stands at revision `approved`. Where a refusal would be forgotten, who approves says
 * whether a suppression entry stays, or that none is to (`forgetRefusals`). Where the patient was heard since the
 * request was received, who approves names the revision of the record that was read. `bearing` is absent where the record
 * is erased: nobody can have read it, and nothing is left to approve.
 * Failures: `erasure-decided`, `erasure-held`, `four-eyes`, `revision-mismatch`, `recorded-since`, `suppression-undecided`.
 */
export const approve = (
  erasure: Erasure,
  approval: ErasureApproved,
  bearing: Bearing | undefined,
  forgetRefusals: boolean,
): Decided =>
  whileOpen(erasure, () => {
    if (erasure.authors.some((author) => maybeSamePerson(author, approval.officer)))
      return fail('four-eyes', 'who approves may not be who requested or amended it');
    if (approval.approved !== erasure.revision)
      return fail('revision-mismatch', `the request stands at revision ${erasure.revision}`, '/revision');
    if (standingHolds(erasure).length > 0) return fail('erasure-held', 'a hold stands (Art. 17(3))');
    if (bearing === undefined) return recordErased;
    const { recordRevision: read = -1 } = approval;
    if (read > bearing.recordRevision)
      return fail(
        'revision-mismatch',
        `the record stands at revision ${bearing.recordRevision}`,
        '/recordRevision',
      );
    if (bearing.recordedSince.some(({ revision }) => revision > read))
      return fail(
        'recorded-since',
        'the patient was heard since the request was received',
        '/recordRevision',
      );
    if (bearing.turnedToPermit.length > 0 && !forgetRefusals && !approval.suppression)
      return fail('suppression-undecided', 'a refusal would be forgotten', '/suppression');
    return ok([{ type: 'ErasureApproved', payload: approval }]);
  });

/** Rejects it, with what the person is told (Art. 12(4)). Failure: `erasure-decided`. */
export const reject = (erasure: Erasure, rejection: ErasureRejected): Decided =>
  whileOpen(erasure, () => ok([{ type: 'ErasureRejected', payload: rejection }]));

/** Notes that a recipient was told. Failures: `erasure-state`, `not-found`. Telling twice is noted once. */
export const tell = (erasure: Erasure, told: RecipientTold): Decided => {
  if (!erasure.executed) return fail('erasure-state', 'it is not executed, so there is nothing to tell');
  if (!recipientsOf(erasure).some(({ reference }) => reference === told.recipient))
    return fail('not-found', 'it is none of the recipients', '/recipient');
  return erasure.told.some(({ recipient }) => recipient === told.recipient)
    ? ok([])
    : ok([{ type: 'RecipientTold', payload: told }]);
};

/** The steps of carrying it out; each is noted once, whoever does it again. */
export const list = (erasure: Erasure, listed: RecipientsListed): Decided =>
  whileApproved(erasure, erasure.listed, { type: 'RecipientsListed', payload: listed });
export const keepSuppression = (erasure: Erasure, kept: SuppressionKept): Decided =>
  whileApproved(erasure, erasure.suppressed, { type: 'SuppressionKept', payload: kept });
export const beginDestruction = (erasure: Erasure, begun: DestructionBegun): Decided =>
  whileApproved(erasure, erasure.destruction, { type: 'DestructionBegun', payload: begun });
export const finish = (erasure: Erasure, executed: ErasureExecuted): Decided =>
  whileApproved(erasure, erasure.executed, { type: 'ErasureExecuted', payload: executed });

/** What becomes of an open request whose record was erased on another one: it can only be rejected. */
export const recordErased = fail(
  'erasure-decided',
  'the record was erased on another request: reject this one',
);

const whileApproved = (erasure: Erasure, noted: unknown, fact: ErasureFact): Decided => {
  if (noted !== undefined) return ok([]);
  return erasure.status === 'approved' ? ok([fact]) : fail('erasure-state', 'it is not approved');
};

const whileOpen = (erasure: Erasure, decide: (requested: ErasureRequested) => Decided): Decided => {
  if (!erasure.requested) return fail('erasure-unknown', 'there is no such request');
  return erasure.status === 'requested' ? decide(erasure.requested) : decidedBefore(erasure);
};

const decidedBefore = ({ status }: Erasure): Result<never> =>
  fail('erasure-decided', `it is ${status} already`);
