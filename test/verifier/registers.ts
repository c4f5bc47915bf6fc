import type { ExportHeader, ExportRecord } from '../../schemas/export/package.ts';
import type { FaultCode } from '../../src/verifier/fault.ts';

/** A register of erasures under another header. */
export const headed = (
  [header, ...rest]: readonly ExportRecord[],
  changes: Partial<ExportHeader>,
): ExportRecord[] => [{ ...(header as ExportHeader), ...changes }, ...rest];

/** When the first and the last erasure of a register were recorded. */
export const endsOf = (register: readonly ExportRecord[]) => {
  const moments = register.flatMap((one) =>
    one.record === 'event' && one.type === 'PatientErased' ? [one.recordedAt] : [],
  );
  return { first: moments[0]!, last: moments.at(-1)! };
};

/** Headers that a register of several erasures cannot have. */
export const wrongHeaders = (
  register: readonly ExportRecord[],
): readonly [why: string, code: FaultCode, changes: Partial<ExportHeader>][] => {
  const { first, last } = endsOf(register);
  const stated = register.find((one) => one.record === 'erasure')!;
  return [
    ['its period begins behind the first erasure', 'period', { period: { from: last } }],
    ['its period ends with the last erasure', 'period', { period: { until: last } }],
    ['its period is over before the first erasure', 'period', { period: { until: first } }],
    ['it is said to be of another kind', 'erasure', { kind: 'history' }],
    ['it is said to be the record of a patient', 'form', { kind: 'patient' }],
    ['it is said to be of a form', 'form', { cohort: { by: 'form', formId: 'f-1' } }],
    ['it is said to be of identifiers', 'form', { cohort: { by: 'identifiers', asked: 2 } }],
    [
      'it is said to be the certificate of one erasure, in a period',
      'form',
      { cohort: { by: 'erasure', erasureId: stated.erasureId } },
    ],
  ];
};
