import type { Millis } from '../../schemas/instant.ts';

/**
 * The id of an answer: a UUID of version 7 (RFC 9562 5.7), its time that of the question, the rest from the random
 * `uuid` (version 4). So the answer can be found in the log from its id, near that time, without an index by id.
 */
export const decisionIdAt = (askedAt: Millis, uuid: string): string => {
  const time = askedAt.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
};

/** When the question was asked; undefined where this is no id of an answer. */
export const askedAtOf = (decisionId: string): Millis | undefined =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(decisionId)
    ? Number.parseInt(decisionId.slice(0, 8) + decisionId.slice(9, 13), 16)
    : undefined;
