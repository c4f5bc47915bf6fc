import { z } from 'zod';
import type { NewEvent } from './port.ts';

/**
 * The events of one append are recorded at one time, but the log of the store does not show what was appended
 * together. So each event but the first of an append says so itself.
 */
const mark = 'appendedWithPrevious';

/** What of an event's metadata stands in the store, as text. `place`: of the event in its append, 0 for the first. */
export const encodeMetadata = ({ metadata }: NewEvent, place: number): string =>
  JSON.stringify(place === 0 ? metadata : { ...metadata, [mark]: true });

/** Enough to tell an event of a ledger from any other; the rest is checked where the event is opened. */
const ours = z.looseObject({
  schemaVersion: z.int(),
  tenant: z.string(),
  [mark]: z.literal(true).optional(),
});

/** The metadata of an event as a local log holds it; undefined where it is none of a ledger's. */
export const decodeMetadata = (
  text: string,
): { readonly metadata: string; readonly withPrevious: boolean } | undefined => {
  const parsed = ours.safeParse(jsonOf(text));
  if (!parsed.success) return undefined;
  const { [mark]: withPrevious, ...metadata } = parsed.data;
  return withPrevious === undefined
    ? { metadata: text, withPrevious: false }
    : { metadata: JSON.stringify(metadata), withPrevious };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
