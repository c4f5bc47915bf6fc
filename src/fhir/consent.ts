import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Identifier } from '../../schemas/coding.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { dateTime } from '../../schemas/instant.ts';
import type { ImportChoices } from './choices.ts';
import { type PlacedTerms, termsOfR4, termsOfR5 } from './grant-terms.ts';
import { isObject, type JsonObject, judged, modifierExtension, tooDeep } from './json.ts';
import { patientOf } from './patient.ts';
import { type Read, type Refusal, refusalOf, refuse } from './refusal.ts';
import { r4Consent, r5Consent } from './resource.ts';
import { type Codings, topicsOf } from './topic.ts';

export type FhirSource = NonNullable<ConsentGranted['fhir']>;

/** Of which resource, and whose. */
interface About {
  readonly patient: Identifier;
  readonly source: FhirSource;
}

/**
 * What a FHIR Consent comes to (SEMANTICS S8).
 * - `grant`: what it grants; `rules` says where each of its rules was read.
 * - `unreadable`: it stands, and was refused (S8.6).
 * - `revoke`, `invalidate`: all that the resource granted (S8.5).
 * - `refused`: it stands and was refused, and is only reported: so chosen, or nobody can be named whom it is about.
 * - `left`: reported, nothing is to be done.
 */
export type Reading =
  | Granting
  | ({ readonly kind: 'unreadable'; readonly signedAt?: string } & Refusal & About)
  | ({ readonly kind: 'revoke' } & About)
  | ({ readonly kind: 'invalidate' } & About)
  | ({ readonly kind: 'refused' } & Refusal)
  | ({ readonly kind: 'left' } & Refusal);

export type Granting = { readonly kind: 'grant' } & PlacedTerms & About;

/** A reading that may change the record of a patient. */
export type Effective = Exclude<Reading, { readonly kind: 'refused' } | { readonly kind: 'left' }>;

const effects = new Map<unknown, 'grant' | 'revoke' | 'invalidate'>([
  ['active', 'grant'],
  ['inactive', 'revoke'],
  ['entered-in-error', 'invalidate'],
]);
const otherStatuses = new Set<unknown>(['draft', 'proposed', 'rejected', 'not-done', 'unknown']);

/**
 * Reads a FHIR R4 or R5 Consent (SEMANTICS S8). Nothing in it is dropped: what cannot be expressed is refused with
 * its element path, and a resource without an effect that is certain counts as one that stands and was refused.
 *
 * @param timeZone in which partial dates are read (S1.1)
 */
export const readConsent = (resource: unknown, choices: ImportChoices, timeZone: string): Reading => {
  if (!isObject(resource) || resource.resourceType !== 'Consent')
    return { kind: 'left', path: 'resourceType', reason: 'not a Consent' };
  if (otherStatuses.has(resource.status))
    return { kind: 'left', path: 'Consent.status', reason: `the status ${resource.status} has no effect` };
  const text = tooDeep(resource) ? undefined : canonicalText(resource);
  if (text === undefined)
    return { kind: 'refused', path: 'Consent', reason: 'nested too deeply, or a text that is not Unicode' };
  const release = releaseOf(resource, choices);
  const patient = patientOf(resource, choices.base);
  if (patient === undefined)
    return {
      kind: 'refused',
      path: release === 'R4' ? 'Consent.patient' : 'Consent.subject',
      reason: 'no patient that can be named',
    };
  const about = { patient, source: sourceOf(resource, text, release, choices) };
  const effect = effects.get(resource.status);
  const certain = isCertain(resource, effect);
  if (!certain.ok) return refused(resource, certain.refusal, about, choices);
  if (effect === 'revoke' || effect === 'invalidate') return { kind: effect, ...about };
  if (isAboutTreatment(resource))
    return { kind: 'left', path: 'Consent.category', reason: 'about treatment, not about the use of data' };
  const read = readActive(resource, release, choices, timeZone);
  return read.ok
    ? { kind: 'grant', ...about, ...read.value }
    : refused(resource, read.refusal, about, choices);
};

const canonicalText = (resource: JsonObject): string | undefined => {
  try {
    return canonicalize(resource);
  } catch {
    return undefined;
  }
};

const releaseOf = (resource: JsonObject, { release }: ImportChoices): 'R4' | 'R5' => {
  if (release !== 'auto') return release;
  return 'patient' in resource || !('subject' in resource) ? 'R4' : 'R5';
};

const resourceId = /^[A-Za-z0-9.-]{1,64}$/;

const sourceOf = (
  resource: JsonObject,
  text: string,
  release: 'R4' | 'R5',
  choices: ImportChoices,
): FhirSource => {
  const contentSha256 = createHash('sha256').update(text).digest('hex');
  const { id } = resource;
  const named = typeof id === 'string' && resourceId.test(id) ? `/${id}` : `?sha256=${contentSha256}`;
  return { release, resourceKey: `${choices.base}/Consent${named}`, contentSha256, choices, resource };
};

/** Whether it can be told which resource this is and what its status does (S8.5). */
const isCertain = (resource: JsonObject, effect: string | undefined): Read<true> => {
  if (typeof resource.id !== 'string' || !resourceId.test(resource.id))
    return refuse('Consent.id', 'without its id it cannot be known again');
  if (effect === undefined) return refuse('Consent.status', 'a status that is not known');
  if ('implicitRules' in resource) return refuse('Consent.implicitRules', 'rules that are not known');
  // What an inactive resource no longer says is not judged, so its modifiers do not matter.
  const modifier = modifierExtension(effect === 'grant' ? resource : { ...resource, provision: undefined });
  return modifier === undefined ? { ok: true, value: true } : refuse(modifier, 'a modifierExtension');
};

const isAboutTreatment = ({ scope, category }: JsonObject): boolean => {
  const concepts = [scope, ...(Array.isArray(category) ? category : [])].filter(isCodings);
  return topicsOf(concepts).includes('treatment');
};

const isCodings = (value: unknown): value is Codings =>
  isObject(value) && Array.isArray(value.coding) && value.coding.every(isObject);

const readActive = (
  resource: JsonObject,
  release: 'R4' | 'R5',
  choices: ImportChoices,
  timeZone: string,
): Read<PlacedTerms> => {
  const content = judged(resource, choices.base);
  if (release === 'R4') {
    const parsed = r4Consent.safeParse(content);
    if (!parsed.success) return { ok: false, refusal: refusalOf(parsed.error) };
    return termsOfR4(parsed.data, choices, timeZone);
  }
  const parsed = r5Consent.safeParse(content);
  if (!parsed.success) return { ok: false, refusal: refusalOf(parsed.error) };
  return termsOfR5(parsed.data, choices);
};

const refused = (resource: JsonObject, refusal: Refusal, about: About, choices: ImportChoices): Reading => {
  if (choices.refused === 'report-only') return { kind: 'refused', ...refusal };
  const signedAt = dateTime.safeParse(resource.dateTime ?? resource.date).data;
  return { kind: 'unreadable', ...refusal, ...about, ...(signedAt !== undefined && { signedAt }) };
};
