import type { ExportHeader } from './package.ts';

/** What of a request for an export does not go with its kind, and why. */
export interface Mismatch {
  readonly part: 'cohort' | 'cohort/identifiers' | 'period';
  readonly reason: string;
}

/** What each kind of export is about, and of what there is a period. Undefined where all goes together. */
export const mismatchIn = ({
  kind,
  cohort,
  period,
}: Pick<ExportHeader, 'kind' | 'cohort'> & { readonly period?: unknown }): Mismatch | undefined => {
  const isOfErasures = cohort.by === 'erasure' || (kind === 'erasures' && cohort.by === 'all');
  if (isOfErasures !== (kind === 'erasures'))
    return { part: 'cohort', reason: 'the register of erasures is of all, a certificate of one erasure' };
  if (cohort.by === 'erasure' && period !== undefined)
    return { part: 'period', reason: 'the certificate of one erasure has no period' };
  if (kind !== 'patient') return undefined;
  if (cohort.by !== 'identifiers')
    return { part: 'cohort', reason: 'a patient’s own record is asked for by an identifier' };
  return cohort.asked === 1
    ? undefined
    : { part: 'cohort/identifiers', reason: 'a patient’s own record is of one patient' };
};
