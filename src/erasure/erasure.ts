import type { ErasureTerms, Officer, Recipient } from '../../schemas/erasure.ts';
import type { DestructionBegun } from '../../schemas/events/destruction-begun.ts';
import type { ErasureAmended } from '../../schemas/events/erasure-amended.ts';
import type { ErasureApproved } from '../../schemas/events/erasure-approved.ts';
import type { ErasureExecuted } from '../../schemas/events/erasure-executed.ts';
import type { ErasureExtended } from '../../schemas/events/erasure-extended.ts';
import type { ErasureRejected } from '../../schemas/events/erasure-rejected.ts';
import type { ErasureRequested } from '../../schemas/events/erasure-requested.ts';
import type { LegalHoldLifted } from '../../schemas/events/legal-hold-lifted.ts';
import type { LegalHoldPlaced } from '../../schemas/events/legal-hold-placed.ts';
import type { RecipientTold } from '../../schemas/events/recipient-told.ts';
import type { RecipientsListed } from '../../schemas/events/recipients-listed.ts';
import type { SuppressionKept } from '../../schemas/events/suppression-kept.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { Recorded, Request } from '../consent/state.ts';

/** A fact about a request for erasure, before it is recorded. */
export type ErasureFact =
  | { readonly type: 'ErasureRequested'; readonly payload: ErasureRequested }
  | { readonly type: 'ErasureAmended'; readonly payload: ErasureAmended }
  | { readonly type: 'ErasureExtended'; readonly payload: ErasureExtended }
  | { readonly type: 'LegalHoldPlaced'; readonly payload: LegalHoldPlaced }
  | { readonly type: 'LegalHoldLifted'; readonly payload: LegalHoldLifted }
  | { readonly type: 'ErasureApproved'; readonly payload: ErasureApproved }
  | { readonly type: 'ErasureRejected'; readonly payload: ErasureRejected }
  | { readonly type: 'RecipientsListed'; readonly payload: RecipientsListed }
  | { readonly type: 'DestructionBegun'; readonly payload: DestructionBegun }
  | { readonly type: 'ErasureExecuted'; readonly payload: ErasureExecuted }
  | { readonly type: 'SuppressionKept'; readonly payload: SuppressionKept }
  | { readonly type: 'RecipientTold'; readonly payload: RecipientTold };

/** An event of the stream of a request, opened. */
export type ErasureEvent = Recorded & ErasureFact;

type At = { readonly recordedAt: Millis };
export type Hold = LegalHoldPlaced & At & { readonly lifted?: LegalHoldLifted & At };

/** `approved`: it is being carried out. */
export type ErasureStatus = 'requested' | 'approved' | 'rejected' | 'executed';

/** A request for erasure: the fold of its stream. */
export interface Erasure {
  readonly revision: number;
  readonly recordedAt: Millis;
  readonly requests: readonly Request[];
  readonly status: ErasureStatus;
  /** Absent before the first event. */
  readonly requested?: ErasureRequested & At;
  readonly terms?: ErasureTerms;
  /** By ISO instant; as it was extended. */
  readonly dueAt?: string;
  readonly extended?: ErasureExtended & At;
  /** Whose words the request is: none of them may approve it. */
  readonly authors: readonly Officer[];
  readonly holds: readonly Hold[];
  readonly approved?: ErasureApproved & At;
  readonly rejected?: ErasureRejected & At;
  readonly listed?: RecipientsListed;
  readonly suppressed?: SuppressionKept;
  readonly destruction?: DestructionBegun & At;
  readonly executed?: ErasureExecuted & At;
  readonly told: readonly (RecipientTold & At)[];
}

export const noErasure: Erasure = {
  revision: -1,
  recordedAt: 0,
  requests: [],
  status: 'requested',
  authors: [],
  holds: [],
  told: [],
};

/** The request after one more event. */
export const evolveErasure = (erasure: Erasure, event: ErasureEvent): Erasure => {
  const { revision, recordedAt, id, requestHash } = event;
  const request = requestHash === undefined ? [] : [{ id, hash: requestHash, revision, recordedAt }];
  const before = { ...erasure, revision, recordedAt, requests: [...erasure.requests, ...request] };
  switch (event.type) {
    case 'ErasureRequested': {
      const { terms, dueAt, officer } = event.payload;
      return { ...before, requested: { ...event.payload, recordedAt }, terms, dueAt, authors: [officer] };
    }
    case 'ErasureAmended': {
      const { terms, officer } = event.payload;
      return { ...before, terms, authors: [...before.authors, officer] };
    }
    case 'ErasureExtended':
      return { ...before, dueAt: event.payload.dueAt, extended: { ...event.payload, recordedAt } };
    case 'LegalHoldPlaced':
      return { ...before, holds: [...before.holds, { ...event.payload, recordedAt }] };
    case 'LegalHoldLifted': {
      const lifted = { ...event.payload, recordedAt };
      const lift = (hold: Hold) => (hold.holdId === lifted.holdId ? { ...hold, lifted } : hold);
      return { ...before, holds: before.holds.map(lift) };
    }
    case 'ErasureApproved':
      return { ...before, status: 'approved', approved: { ...event.payload, recordedAt } };
    case 'ErasureRejected':
      return { ...before, status: 'rejected', rejected: { ...event.payload, recordedAt } };
    case 'RecipientsListed':
      return { ...before, listed: event.payload };
    case 'SuppressionKept':
      return { ...before, suppressed: event.payload };
    case 'DestructionBegun':
      return { ...before, destruction: { ...event.payload, recordedAt } };
    case 'ErasureExecuted':
      return { ...before, status: 'executed', executed: { ...event.payload, recordedAt } };
    case 'RecipientTold':
      return { ...before, told: [...before.told, { ...event.payload, recordedAt }] };
  }
};

/** Whether it is still to be answered: the clock of Art. 12(3) runs until it is carried out, or rejected. */
export const isOpen = ({ status }: Erasure): boolean => status === 'requested' || status === 'approved';

/** The holds that stand. */
export const standingHolds = ({ holds }: Erasure): readonly Hold[] => holds.filter(({ lifted }) => !lifted);

/** Recipients of two lists as one, by reference. */
export const joinRecipients = (one: readonly Recipient[], other: readonly Recipient[]): Recipient[] => {
  const joined = new Map<string, Recipient>();
  for (const each of [...one, ...other]) {
    const { reference, answers, first, last } = each;
    const known = joined.get(reference);
    joined.set(reference, {
      reference,
      answers: answers + (known?.answers ?? 0),
      first: known !== undefined && known.first < first ? known.first : first,
      last: known !== undefined && known.last > last ? known.last : last,
    });
  }
  return [...joined.values()].toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
};

/** Everyone who must be told (Art. 19). */
export const recipientsOf = ({ listed, destruction }: Erasure): Recipient[] =>
  joinRecipients(listed?.recipients ?? [], destruction?.recipients ?? []);
