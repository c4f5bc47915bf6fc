import type { ExportHeader } from '../../schemas/export/package.ts';
import type { Wording } from './wording.ts';

/** Title of a report, and what it is about. */
export const kindWords = ({ kind, cohort }: ExportHeader, { kinds, erasure }: Wording) =>
  cohort.by === 'erasure' ? erasure.certificate : kinds[kind];
