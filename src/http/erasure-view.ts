import type { z } from 'zod';
import type { Officer } from '../../schemas/erasure.ts';
import type { erasureRoutes } from '../../schemas/http/erasures.ts';
import type { Millis } from '../../schemas/instant.ts';
import { isoOf } from '../consent/time.ts';
import { urgencyOf } from '../erasure/deadline.ts';
import { type Erasure, isOpen, recipientsOf, standingHolds } from '../erasure/erasure.ts';

type View = z.input<(typeof erasureRoutes)['readErasure']['response']>;
type Summary = z.input<(typeof erasureRoutes)['listErasures']['response']>['items'][number];

const noted = ({ officer, recordedAt }: { readonly officer: Officer; readonly recordedAt: Millis }) => ({
  officer,
  at: isoOf(recordedAt),
});

/** A request in a list; absent where it holds no event. */
export const summaryOf = (
  erasureId: string,
  erasure: Erasure,
  now: Millis,
  soonDays: number,
): Summary | undefined => {
  const { requested, status, dueAt, extended } = erasure;
  if (!requested || !dueAt) return undefined;
  return {
    erasureId,
    status,
    receivedAt: requested.receivedAt,
    dueAt,
    ...(isOpen(erasure) && { urgency: urgencyOf(Date.parse(dueAt), now, soonDays) }),
    extended: extended !== undefined,
    held: standingHolds(erasure).length > 0,
  };
};

/** A request as it is read; absent where it holds no event. */
export const erasureView = (
  erasureId: string,
  erasure: Erasure,
  now: Millis,
  soonDays: number,
): View | undefined => {
  const summary = summaryOf(erasureId, erasure, now, soonDays);
  const { requested, terms, revision, extended, holds, approved, rejected, executed, told } = erasure;
  if (!summary || !requested || !terms) return undefined;
  return {
    ...summary,
    revision,
    patient: requested.patient,
    terms,
    requested: noted(requested),
    ...(extended && { extension: { reason: extended.reason, ...noted(extended) } }),
    holds: holds.map(({ holdId, ground, reason, lifted, ...placed }) => ({
      ...{ holdId, ground, reason },
      ...noted(placed),
      ...(lifted && { lifted: { reason: lifted.reason, ...noted(lifted) } }),
    })),
    ...(approved && {
      approval: {
        ...(approved.recordRevision !== undefined && { recordRevision: approved.recordRevision }),
        ...(approved.suppression && { suppression: approved.suppression }),
        ...noted(approved),
      },
    }),
    ...(rejected && {
      rejection: { ground: rejected.ground, reason: rejected.reason, ...noted(rejected) },
    }),
    recipients: recipientsOf(erasure).map((each) => {
      const by = told.find(({ recipient }) => recipient === each.reference);
      return by ? { ...each, told: { how: by.how, ...noted(by) } } : each;
    }),
    ...(executed && {
      executed: {
        destroyedAt: executed.destroyedAt,
        exportsRemoved: executed.exportsRemoved,
        at: isoOf(executed.recordedAt),
      },
    }),
  };
};
