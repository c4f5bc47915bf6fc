import canonicalize from 'canonicalize';
import { type ExportRecord, exportRecord } from '../../schemas/export/package.ts';

/** The record of a line, or what is wrong with it, as a sentence. */
export const recordOf = (text: string): ExportRecord | string => {
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (canonicalize(value) !== text) return 'the line is not in the canonical form of RFC 8785';
  } catch {
    return 'the line is not JSON';
  }
  const parsed = exportRecord.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path = [], message = 'not of the format' } = parsed.error.issues[0] ?? {};
  return `the record is not of this format: ${['', ...path].join('/') || 'its kind'}: ${message}`;
};

const ranks = {
  export: 0,
  settings: 1,
  decisions: 2,
  patient: 3,
  event: 3,
  erasure: 3,
  decision: 3,
  tree: 4,
  heads: 5,
  consistency: 6,
  end: 7,
} as const satisfies Record<ExportRecord['record'], number>;

/** Whether a record of one kind may stand right behind one of another; `undefined`: at the beginning. */
export const mayFollow = (
  before: ExportRecord['record'] | undefined,
  kind: ExportRecord['record'],
): boolean => {
  if (before === undefined || kind === 'export') return before === undefined && kind === 'export';
  if (before === 'end') return false;
  if (kind === 'event') return before === 'patient' || before === 'event';
  if (kind === 'erasure') return before === 'event';
  if (kind === 'decision') return ranks[before] === ranks.decision;
  return ranks[before] <= ranks[kind];
};
