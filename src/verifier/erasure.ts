import type { ExportErasure, ExportEvent, ExportHeader } from '../../schemas/export/package.ts';

/**
 * Why the statement about an erasure cannot stand behind `last`, the last event that is shown of a patient: it names
 * the request and the moment of PatientErased and the number of events. All else that it states is the ledger's word.
 */
export const faultInErasure = (
  stated: ExportErasure,
  last: ExportEvent | undefined,
  { kind, cohort }: ExportHeader,
): string | undefined => {
  if (kind !== 'erasures') return 'a report of this kind states nothing of erasures';
  if (last?.type !== 'PatientErased') return 'nobody was erased here';
  if (last.opened?.payload.erasureId !== stated.erasureId) return 'the erasure was on another request';
  if (cohort.by === 'erasure' && cohort.erasureId !== stated.erasureId)
    return 'another erasure was asked for';
  if (last.recordedAt !== stated.closedAt) return 'the erasure was recorded at another moment';
  if (last.revision + 1 !== stated.remains.events) return 'another number of events remains';
  const officers = [stated.requestedBy, stated.approvedBy].filter((one) => one !== undefined).length;
  if (officers !== (cohort.by === 'erasure' ? 2 : 0))
    return 'the officers are named in the certificate of one erasure, and only there';
  if ((stated.epochRetired === undefined) !== (stated.irrecoverableOnceEpochRetired === undefined))
    return 'whether an epoch is retired is said where one is named, and only there';
  const { irrecoverableSince: since } = stated;
  if (since !== undefined && stated.epochRetired !== true) return 'an epoch that is not retired has no end';
  return since !== undefined && since < stated.unreadableSince
    ? 'it was irrecoverable before it was unreadable'
    : undefined;
};
