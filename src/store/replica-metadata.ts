import type { NewEvent } from './port.ts';

/**
 * The events of one append are recorded at one time, but the log of the store does not show what was appended
 * together. So each event but the first of an append says so itself.
 */
const mark = 'appendedWithPrevious';

/** What of an event's metadata stands in the store, as text. `place`: of the event in its append, 0 for the first. */
export const encodeMetadata = ({ metadata }: NewEvent, place: number): string =>
  JSON.stringify(place === 0 ? metadata : { ...metadata, [mark]: true });

/**
 * The metadata of an event as a local log holds it; undefined where it is none of a ledger's, as far as can be told
 * at a glance: this runs for every event of a log that is followed from its start. The rest is checked where the
 * event is opened.
 */
export const decodeMetadata = (
  text: string,
): { readonly metadata: string; readonly withPrevious: boolean } | undefined => {
  const parsed = jsonOf(text);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  if (!('schemaVersion' in parsed && typeof parsed.schemaVersion === 'number')) return undefined;
  if (!('tenant' in parsed && typeof parsed.tenant === 'string')) return undefined;
  if (!(mark in parsed)) return { metadata: text, withPrevious: false };
  const { [mark]: _, ...metadata } = parsed;
  return { metadata: JSON.stringify(metadata), withPrevious: true };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
