import { type Identifier, identifier as named } from '../../schemas/coding.ts';
import { isObject, type JsonObject, relative } from './json.ts';

/**
 * Whom a Consent is about: `patient` (R4) or `subject` (R5). By the identifier that is given with its system, else
 * by the reference, relative and without a version, under the base of its server. Nobody: a group, a contained
 * resource, a text.
 */
export const patientOf = (resource: JsonObject, base: string): Identifier | undefined => {
  const patient = resource.patient ?? resource.subject;
  if (!isObject(patient)) return undefined;
  const { identifier, reference } = patient;
  const isOther = typeof patient.type === 'string' && patient.type !== 'Patient';
  const literal = typeof reference === 'string' ? nameOf(reference, base) : undefined;
  if (isOther || (reference !== undefined && literal === undefined)) return undefined;
  const given = isObject(identifier) && { system: identifier.system, value: identifier.value };
  const byIdentifier = named.safeParse(given);
  const byReference = named.safeParse({ system: base, value: literal });
  return byIdentifier.data ?? byReference.data;
};

/** `Patient/f001`, also of another server with its base, or a URN. */
const nameOf = (reference: string, base: string): string | undefined => {
  const name = relative(reference, base).replace(/\/_history\/[^/]*$/, '');
  return /^(.+\/)?Patient\/[^/#]+$|^urn:/.test(name) ? name : undefined;
};
