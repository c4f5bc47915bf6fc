import fc from 'fast-check';
import type { FhirPeriod } from '../../../schemas/instant.ts';
import { confidentiality, plainCode, purpose, sensitivity, siteLabel } from '../story.ts';

export const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
export const some = <T>(value: fc.Arbitrary<T>, maxLength = 2) =>
  fc.array(value, { minLength: 1, maxLength });
/** Present in so many of a hundred. */
export const maybe = <T>(percent: number, value: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 100 - percent, arbitrary: fc.constant(undefined) },
    { weight: percent, arbitrary: value },
  );

export const days = ['2026-01-01', '2026-01-02', '2026-01-20', '2026-02-01', '2026-03-01', '2026-04-10'];
export const moments = days.flatMap((day) => [
  `${day}T00:00:00.000Z`,
  `${day}T00:00:00.001Z`,
  `${day}T09:30:00.000Z`,
  `${day}T23:30:00.000Z`,
]);
export const moment = fc.oneof(
  { weight: 3, arbitrary: oneOf(...days.map((day) => `${day}T00:00:00.000Z`)) },
  { weight: 2, arbitrary: oneOf(...moments) },
);
export const later = (text: string, by: number) => new Date(Date.parse(text) + by).toISOString();

/** Both ends instants, as they stand in events; a start after its end is nothing that a writer accepts. */
export const period: fc.Arbitrary<FhirPeriod> = fc
  .tuple(moment, moment, oneOf('both', 'both', 'start', 'end'))
  .map(([a, b, ends]) => {
    const [start, end] = a < b ? [a, b] : [b, a];
    if (ends === 'start') return { start };
    return ends === 'end' ? { end: later(end, -1) } : { start, end: later(end, a === b ? 0 : -1) };
  });

const references = [
  'Practitioner/amy',
  'Practitioner/amy',
  'Practitioner/bob',
  'Organization/general',
  'Organization/annex',
];
export const written = fc
  .tuple(oneOf(...references), oneOf('', '', 'https://fhir.example.org/'), oneOf('', '', '/_history/2'))
  .map(([reference, base, version]) => `${base}${reference}${version}`);

/** Below HRESCH and PUBHLTH, by configuration. */
export const registry = { system: 'urn:site:purpose', code: 'registry' };

/** What a case is about: each draws its purposes from a few, so that rules and questions meet. */
export const themes = [
  ['TREAT', 'TREAT', 'ETREAT', 'ERTREAT', 'PurposeOfUse'].map(purpose),
  [...['HRESCH', 'CLINTRCH', 'PUBHLTH', 'NEWLYCODED'].map(purpose), registry],
  ['BTG', 'BTG', 'BTG', 'TREAT', 'ETREAT'].map(purpose),
] as const;

export const role = oneOf('nurse', 'clerk').map((code) => ({ system: 'urn:role', code }));
export const action = oneOf('access' as const, 'access' as const, 'use' as const);
export const code = oneOf('1', '2').map(plainCode);
export const aClass = oneOf<{ system?: string; code: string }>(
  { code: 'Observation' },
  { system: 'urn:types', code: 'Observation' },
  { code: 'Condition' },
);
/** Added to the tree of sensitivities, below HIV and SPI. */
export const clinic = { system: 'urn:site:sensitivity', code: 'clinic' };
export const label = fc.oneof(
  oneOf('L', 'N', 'R', 'V').map(confidentiality),
  oneOf('HIV', 'SPI', 'ETH', 'SUD', 'OPIOIDUD').map(sensitivity),
  oneOf('staff', 'press').map(siteLabel),
  oneOf(confidentiality('X'), sensitivity('NEWLYCODED'), clinic),
);
export const resource = oneOf('Observation/o1', 'Observation/o2', 'Encounter/e1');
export const target = fc.oneof(resource, oneOf('Practitioner/amy'));

export const type = oneOf('permit' as const, 'deny' as const);
