import type { Coding } from '../../schemas/coding.ts';
import type { Item, Question, Residual } from '../../schemas/decision.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import { type Settings, settings } from '../../schemas/settings.ts';
import type { PatientEvent, Recorded } from '../../src/consent/state.ts';
import { confidentialitySystem, purposeSystem, sensitivitySystem } from './oracle-trees.ts';

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A fact that is still without its place in the stream; `at` is when it is recorded. */
export type Told = DistributedOmit<PatientEvent, keyof Recorded> & { readonly at?: string };

export const purpose = (code: string): Coding => ({ system: purposeSystem, code });
export const sensitivity = (code: string): Coding => ({ system: sensitivitySystem, code });
export const confidentiality = (code: string): Coding => ({ system: confidentialitySystem, code });
/** A code of a system that has no tree. */
export const plainCode = (code: string): Coding => ({ system: 'http://loinc.org', code });
export const duty = (code: string): Coding => ({ system: 'urn:duty', code });
/** Of the label system that `site` configures. */
export const siteLabel = (code: string): Coding => ({ system: 'urn:site:label', code });

/** The id of the consent or declaration that a story calls by one letter. */
export const id = (name: string): string =>
  `00000000-0000-4000-8000-${name.charCodeAt(0).toString(16).padStart(12, '0')}`;

const agent = { issuer: 'https://issuer.example', subject: 'clerk' };

const instantOf = (text: string): string => new Date(text).toISOString();

/** The days from the first to the last, both whole, in UTC. */
export const days = (first?: string, last?: string): FhirPeriod => ({
  ...(first === undefined ? {} : { start: `${first}T00:00:00.000Z` }),
  ...(last === undefined ? {} : { end: `${last}T23:59:59.999Z` }),
});

/** Times are written short (a day is its first moment in UTC), `replaces` by letters. Signed on 1 January by default. */
export const granted = (
  name: string,
  {
    signedAt = '2026-01-01',
    replaces,
    ...content
  }: Partial<Omit<ConsentGranted, 'consentId' | 'agent'>> = {},
): Told => ({
  type: 'ConsentGranted',
  payload: {
    consentId: id(name),
    signedAt: instantOf(signedAt),
    ...content,
    ...(replaces === undefined ? {} : { replaces: replaces.map(id) }),
    agent,
  },
});

export const revoked = (name: string, effectiveAt?: string): Told => ({
  type: 'ConsentRevoked',
  payload: {
    consentId: id(name),
    ...(effectiveAt === undefined ? {} : { effectiveAt: instantOf(effectiveAt) }),
    agent,
  },
});

export const invalidated = (name: string): Told => ({
  type: 'ConsentInvalidated',
  payload: { consentId: id(name), reason: 'Another patient signed it', agent },
});

export const expired = (name: string, endedAt: string): Told => ({
  type: 'ConsentExpired',
  payload: { consentId: id(name), endedAt: instantOf(endedAt) },
});

export const declared = (name: string, recipient: string, until: string, from?: string): Told => ({
  type: 'EmergencyAccessDeclared',
  payload: {
    declarationId: id(name),
    recipient,
    until: instantOf(until),
    ...(from === undefined ? {} : { from: instantOf(from) }),
    reason: 'Unconscious',
    agent,
  },
});

export const on = (at: string, told: Told): Told => ({ ...told, at });

/** The stream: revisions from 0; what does not say when it was recorded was recorded with what came before it. */
export const history = (told: readonly Told[]): PatientEvent[] => {
  let recordedAt = Date.parse('2026-01-01');
  return told.map(({ at, ...event }, revision) => {
    if (at !== undefined) recordedAt = Date.parse(at);
    return { ...event, revision, recordedAt, id: `event-${revision}` };
  });
};

/** An item of which everything is known, and nothing is special. */
export const plain: Item = {
  reference: 'Observation/plain',
  class: [],
  code: [],
  labels: [],
  author: [],
  related: [],
  time: '2025-05-05',
};

/** Amy of the general hospital wants to see the plain item for treatment. */
export const ask = (differently: Partial<Question> = {}): Question => ({
  recipient: { reference: 'Practitioner/amy', memberOf: ['Organization/general'], roles: [] },
  purpose: purpose('TREAT'),
  action: 'access',
  custodian: 'Organization/archive',
  items: [plain],
  ...differently,
});

/** Asks about items that are plain but for what is said of each; `undefined` makes an attribute unknown. */
export const askAbout = (...items: readonly Partial<Item>[]): Question =>
  ask({ items: items.map((item) => ({ ...plain, ...item })) });

export const site = (chosen: object = {}): Settings => settings.parse(chosen);

export const now = Date.parse('2026-06-01');

/** A consent that is heard, by its letter, with its revision and what it spoke by. */
export interface Heard {
  readonly name: string;
  readonly revision: number;
  readonly rules?: readonly string[];
  readonly otherwise?: true;
}

/** A hand-worked case. `expect` is `decision: reason`, one for each item; what else is given is of the first item. */
export interface Case {
  readonly title: string;
  readonly events: readonly Told[];
  readonly question: Question;
  readonly settings?: Settings;
  readonly expect: string | readonly string[];
  readonly obligations?: readonly string[];
  readonly basis?: readonly Heard[];
  readonly missing?: readonly string[];
  readonly review?: boolean;
  readonly revision?: number;
  readonly knownAt?: string;
  readonly validAt?: string;
}

/** A hand-worked residual: `applied` is what it must give for items, and what asking about them gives. */
export interface ResidualCase extends Omit<Case, 'expect'> {
  readonly expect: string;
  readonly applied?: readonly (readonly [Item, Residual['otherwise']])[];
}
