import type { Officer } from '../../schemas/erasure.ts';

/**
 * Whether two tokens may be one person's: certainly where issuer and subject are the same, or the person that both
 * name; and, for what is not known never counts for it, where they come of two issuers and one names no person.
 * Two accounts at one issuer that names no persons cannot be told from two people (docs/erasure.md).
 */
export const maybeSamePerson = (one: Officer, other: Officer): boolean => {
  const bothNamed = one.person !== undefined && other.person !== undefined;
  if (bothNamed && one.person === other.person) return true;
  return one.issuer === other.issuer ? one.subject === other.subject : !bothNamed;
};
