import type { Identifier } from '../../schemas/coding.ts';
import type { Agent } from '../../schemas/events/define.ts';
import { mismatchIn } from '../../schemas/export/kind-and-cohort.ts';
import type { ExportHeader, ExportKind, ExportLanguage } from '../../schemas/export/package.ts';
import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { isoOf } from '../consent/time.ts';

/**
 * Who is asked about: these identifiers, each once; all who have a consent under a form; everybody of the tenant; whom
 * one erasure was of.
 */
export type AskedCohort =
  | { readonly by: 'identifiers'; readonly identifiers: readonly Identifier[] }
  | { readonly by: 'form'; readonly formId: string }
  | { readonly by: 'all' }
  | { readonly by: 'erasure'; readonly erasureId: string };

/** What somebody asks for. */
export interface AskedExport {
  readonly kind: ExportKind;
  readonly language: ExportLanguage;
  readonly cohort: AskedCohort;
  readonly period?: { readonly from?: Millis | undefined; readonly until?: Millis | undefined };
  readonly reason?: string | undefined;
}

/** All of an export's header that is known when it is asked for. */
export type ExportAbout = Omit<ExportHeader, 'record' | 'version' | 'checkpoint'>;

/** The period of an export, in milliseconds. */
export const spanOf = ({ period }: ExportAbout) => ({
  from: period?.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(period.from),
  until: period?.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(period.until),
});

/** What stands in the header of an export that `agent` asks for. */
export const aboutOf = (
  { kind, language, cohort, period, reason }: AskedExport,
  exportId: string,
  tenant: string,
  agent: Agent,
  now: Millis,
): ExportAbout => ({
  exportId,
  kind,
  language,
  tenant,
  requestedBy: agent,
  requestedAt: isoOf(now),
  ...(reason !== undefined && { reason }),
  cohort: cohortOf(cohort),
  ...(period !== undefined && {
    period: {
      ...(period.from !== undefined && { from: isoOf(period.from) }),
      ...(period.until !== undefined && { until: isoOf(period.until) }),
    },
  }),
});

/** What is asked for, with each identifier once. Failure: `invalid-request`, where kind and cohort do not go together. */
export const checkedAsk = (given: AskedExport): Result<AskedExport> => {
  const asked = { ...given, cohort: eachOnce(given.cohort) };
  const mismatch = mismatchIn({ ...asked, cohort: cohortOf(asked.cohort) });
  return mismatch === undefined ? ok(asked) : fail('invalid-request', mismatch.reason, `/${mismatch.part}`);
};

const eachOnce = (cohort: AskedCohort): AskedCohort => {
  if (cohort.by !== 'identifiers') return cohort;
  const different = new Map(cohort.identifiers.map((one) => [JSON.stringify([one.system, one.value]), one]));
  return { by: cohort.by, identifiers: [...different.values()] };
};

/** A cohort as an export says it: identifiers by their number. */
const cohortOf = (cohort: AskedCohort): ExportHeader['cohort'] =>
  cohort.by === 'identifiers' ? { by: cohort.by, asked: cohort.identifiers.length } : cohort;
