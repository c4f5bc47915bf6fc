import fc from 'fast-check';
import type { Item, Question } from '../../schemas/decision.ts';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Combining } from '../../schemas/events/form-published.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import type { Exception, Rule } from '../../schemas/provision.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import {
  confidentiality,
  declared,
  duty,
  expired,
  granted,
  history,
  invalidated,
  on,
  plainCode,
  purpose,
  revoked,
  sensitivity,
  site,
  siteLabel,
  type Told,
} from './story.ts';

/** A random history and question; every vocabulary is small, so that what is said meets what is asked. */
export interface RandomCase {
  readonly events: readonly PatientEvent[];
  readonly question: Question;
  readonly settings: Settings;
  /** Items of which everything is known, to apply residuals to. */
  readonly probes: readonly Required<Item>[];
}

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const some = <T>(value: fc.Arbitrary<T>, maxLength = 2) => fc.array(value, { minLength: 1, maxLength });
const seldom = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 });

const days = ['2026-01-01', '2026-01-02', '2026-01-20', '2026-02-01', '2026-03-01', '2026-04-10'];
const moments = days.flatMap((day) => [
  `${day}T00:00:00.000Z`,
  `${day}T00:00:00.001Z`,
  `${day}T09:30:00.000Z`,
  `${day}T23:30:00.000Z`,
]);
const moment = fc.oneof(
  { weight: 3, arbitrary: oneOf(...days.map((day) => `${day}T00:00:00.000Z`)) },
  { weight: 2, arbitrary: oneOf(...moments) },
);
const later = (text: string, by: number) => new Date(Date.parse(text) + by).toISOString();

/** Both ends instants, as they stand in events; a start after its end is nothing that a writer accepts. */
const period: fc.Arbitrary<FhirPeriod> = fc
  .tuple(moment, moment, oneOf('both', 'both', 'start', 'end'))
  .map(([a, b, ends]) => {
    const [start, end] = a < b ? [a, b] : [b, a];
    if (ends === 'start') return { start };
    return ends === 'end' ? { end: later(end, -1) } : { start, end: later(end, a === b ? 0 : -1) };
  });

const references = ['Practitioner/amy', 'Practitioner/bob', 'Organization/general', 'Organization/annex'];
const written = fc
  .tuple(oneOf(...references), oneOf('', '', 'https://fhir.example.org/'), oneOf('', '', '/_history/2'))
  .map(([reference, base, version]) => `${base}${reference}${version}`);

const registry = { system: 'urn:site:purpose', code: 'registry' };
const purposes = [
  'TREAT',
  'TREAT',
  'ETREAT',
  'ERTREAT',
  'HRESCH',
  'CLINTRCH',
  'PUBHLTH',
  'BTG',
  'NEWLYCODED',
];
const aPurpose = fc.oneof(
  { weight: 9, arbitrary: oneOf(...purposes).map(purpose) },
  { weight: 1, arbitrary: oneOf(registry, purpose('PurposeOfUse')) },
);
const role = oneOf('nurse', 'clerk').map((code) => ({ system: 'urn:role', code }));
const action = oneOf('access' as const, 'access' as const, 'use' as const);
const code = oneOf('1', '2').map(plainCode);
const aClass = oneOf<{ system?: string; code: string }>(
  { code: 'Observation' },
  { system: 'urn:types', code: 'Observation' },
  { code: 'Condition' },
);
/** Added to the tree of sensitivities, below HIV and SPI. */
const clinic = { system: 'urn:site:sensitivity', code: 'clinic' };
const label = fc.oneof(
  oneOf('L', 'N', 'R', 'V').map(confidentiality),
  oneOf('HIV', 'SPI', 'ETH', 'SUD', 'OPIOIDUD').map(sensitivity),
  oneOf('staff', 'press').map(siteLabel),
  oneOf(confidentiality('X'), sensitivity('NEWLYCODED'), clinic),
);
const resource = oneOf('Observation/o1', 'Observation/o2', 'Encounter/e1');
const target = fc.oneof(resource, oneOf('Practitioner/amy'));

const criterion: fc.Arbitrary<Exception> = fc.oneof(
  fc.record({
    recipient: some(
      fc.oneof(
        fc.record({ reference: written }),
        fc.record({ role }),
        fc.record({ reference: written, role }),
      ),
    ),
  }),
  fc.record({ purpose: some(aPurpose) }),
  fc.record({ purpose: fc.constant([purpose('BTG')]) }),
  fc.record({ action: some(action) }),
  fc.record({ period }),
  fc.record({ custodian: some(written) }),
  fc.record({ author: some(written) }),
  fc.record({ class: some(aClass) }),
  fc.record({ code: some(code) }),
  fc.record({
    data: some(
      fc.record({
        reference: target,
        meaning: oneOf('instance' as const, 'related' as const, 'dependents' as const, 'authoredby' as const),
      }),
    ),
  }),
  fc.record({ dataPeriod: period }),
  fc.record({ label: some(label, 3) }),
);

const obligations = fc.record({ obligations: some(oneOf('a', 'b', 'c').map(duty)) }, { requiredKeys: [] });

const exception = (depth: number): fc.Arbitrary<Exception> =>
  fc
    .tuple(
      fc.array(criterion, { maxLength: 2 }),
      obligations,
      depth === 0 ? fc.constant([]) : fc.array(exception(depth - 1), { maxLength: 2 }),
    )
    .map(([criteria, duties, exceptions]) => ({
      ...Object.assign({}, ...criteria),
      ...duties,
      ...(exceptions.length === 0 ? {} : { exceptions }),
    }));

/** Obligations stand on permit rules alone. */
const dutiesOnPermits = (rule: Exception, permits: boolean): Exception => {
  const { obligations: duties, exceptions, ...rest } = rule;
  return {
    ...rest,
    ...(permits && duties ? { obligations: duties } : {}),
    ...(exceptions ? { exceptions: exceptions.map((inner) => dutiesOnPermits(inner, !permits)) } : {}),
  };
};

const rule: fc.Arbitrary<Rule> = fc
  .tuple(oneOf('permit' as const, 'deny' as const), exception(3))
  .map(([type, criteria]) => ({ ...dutiesOnPermits(criteria, type === 'permit'), type }));

const combinings: Readonly<Record<string, Combining>> = {
  replacing: 'replacing',
  overlay: 'overlay',
  second: 'overlay',
  independent: 'independent',
};
const form = fc
  .record({ formId: oneOf(...Object.keys(combinings)), version: oneOf('1', '2') })
  .map((one) => ({
    ...one,
    combining: combinings[one.formId] ?? 'independent',
    textSha256: '0'.repeat(64),
  }));

const type = oneOf('permit' as const, 'deny' as const);
const content: fc.Arbitrary<Partial<ConsentGranted>> = fc
  .tuple(
    fc.record({ signedAt: moment }),
    seldom(period),
    fc.option(some(aPurpose), { nil: undefined, freq: 2 }),
    seldom(type),
    fc.array(rule, { maxLength: 3 }),
    seldom(form),
    oneOf(false, false, true),
    fc.integer({ min: 0, max: 14 }),
  )
  .map(([signed, when, about, otherwise, rules, used, retroactive, chance]) => ({
    ...signed,
    ...(when ? { period: when } : {}),
    ...(retroactive && when?.start ? { retroactive: true as const } : {}),
    ...(chance === 0
      ? { unreadable: { path: 'Consent.provision', reason: 'modifierExtension' } }
      : {
          ...(about ? { purpose: about } : {}),
          ...(otherwise || rules.length === 0 ? { otherwise: otherwise ?? 'permit' } : {}),
          ...(rules.length > 0 ? { rules } : {}),
          ...(used ? { form: used } : {}),
        }),
  }));

/** What happens next; the numbers choose among what was granted before. */
const step = fc.record({
  gap: fc.integer({ min: 0, max: 3 }),
  what: oneOf('grant', 'grant', 'grant', 'grant', 'revoke', 'revoke', 'invalidate', 'declare', 'expire'),
  content,
  which: fc.nat(),
  replaces: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
  moment,
  stated: fc.boolean(),
  recipient: written,
});
type Step = (typeof step extends fc.Arbitrary<infer T> ? T : never) & { readonly at: string };

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % list.length];
const max = (a: string, b: string) => (a > b ? a : b);

/** Only what a writer accepts (S2.2, S2.6, S6.2): known consents, no revocation before signing, nothing twice. */
const tell = (steps: readonly Step[]): readonly Told[] => {
  const consents: { readonly name: string; readonly signedAt: string }[] = [];
  const gone = new Set<string>();
  const next = (one: Step, name: string): Told | undefined => {
    if (one.what === 'declare') {
      const until = later(max(one.at, one.moment), 1 + (one.which % 3) * 43_200_000);
      return declared(name, one.recipient, until, one.stated ? one.moment : undefined);
    }
    const earlier = pick(consents, one.which);
    if (one.what === 'grant' || earlier === undefined) {
      const replaced = one.replaces === undefined ? undefined : pick(consents, one.replaces)?.name;
      const replaces = replaced && !one.content.unreadable ? { replaces: [replaced] } : {};
      consents.push({ name, signedAt: one.content.signedAt ?? '' });
      return granted(name, { ...one.content, ...replaces });
    }
    if (one.what === 'revoke')
      return revoked(earlier.name, one.stated ? max(earlier.signedAt, one.moment) : undefined);
    if (one.what === 'expire') return expired(earlier.name, one.moment);
    if (gone.has(earlier.name)) return undefined;
    gone.add(earlier.name);
    return invalidated(earlier.name);
  };
  return steps.flatMap((one, index) => {
    const told = next(one, letters[index] ?? '');
    return told === undefined ? [] : [on(one.at, told)];
  });
};

const events: fc.Arbitrary<readonly PatientEvent[]> = fc.array(step, { maxLength: 8 }).map((steps) => {
  let clock = 0;
  const timed = steps.map((one) => {
    clock = Math.min(clock + one.gap, moments.length - 1);
    return { ...one, at: moments[clock] ?? '' };
  });
  return history(tell(timed));
});

const time: fc.Arbitrary<Required<Item>['time']> = fc.oneof(
  moment,
  oneOf(...days, '2026-01', '2026', '2025'),
  period,
);
const probe: fc.Arbitrary<Required<Item>> = fc.record({
  reference: resource,
  class: fc.array(aClass, { maxLength: 2 }),
  code: fc.array(code, { maxLength: 2 }),
  labels: fc.array(label, { maxLength: 3 }),
  author: fc.array(written, { maxLength: 2 }),
  related: fc.array(target, { maxLength: 2 }),
  time,
}) as fc.Arbitrary<Required<Item>>;

/** Each attribute is known or unknown by itself. */
const item: fc.Arbitrary<Item> = fc
  .tuple(probe, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), fc.boolean())
  .map(
    ([whole, kept, all]) =>
      Object.fromEntries(Object.entries(whole).filter((_, index) => all || kept[index])) as Item,
  );

const enforceable = ['class', 'code', 'labels', 'data', 'dataPeriod', 'author'] as const;

const question: fc.Arbitrary<Question> = fc
  .record({
    recipient: fc
      .tuple(
        written,
        fc.option(fc.array(written, { maxLength: 2 }), { nil: undefined, freq: 2 }),
        fc.option(fc.array(role, { maxLength: 1 }), { nil: undefined, freq: 2 }),
      )
      .map(([reference, memberOf, roles]) => ({
        reference,
        ...(memberOf ? { memberOf } : {}),
        ...(roles ? { roles } : {}),
      })),
    purpose: aPurpose,
    action,
    custodian: fc.option(written, { nil: undefined, freq: 2 }),
    items: fc.option(some(item, 3), { nil: undefined, freq: 6 }),
    enforces: fc.option(fc.uniqueArray(oneOf(...enforceable), { minLength: 1 }), { nil: undefined, freq: 1 }),
    validAt: fc.option(moment, { nil: undefined, freq: 2 }),
    knownAt: fc.option(moment, { nil: undefined, freq: 1 }),
  })
  .map(
    (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Question,
  );

const sites: readonly Settings[] = [
  {},
  { timeZone: 'Europe/Berlin', breakGlass: 'by-consent' },
  {
    timeZone: 'America/New_York',
    implicitPolicy: {
      unknownPatients: true,
      purposes: [
        { purpose: purpose('TREAT'), decision: 'permit' },
        { purpose: purpose('ERTREAT'), decision: 'deny' },
      ],
    },
  },
  {
    implicitPolicy: {
      purposes: [
        { purpose: purpose('PurposeOfUse'), decision: 'deny' },
        { purpose: purpose('TREAT'), decision: 'permit' },
        { purpose: purpose('HRESCH'), decision: 'permit' },
        { purpose: purpose('PUBHLTH'), decision: 'deny' },
      ],
    },
  },
].map((chosen) =>
  site({
    referenceBase: 'https://fhir.example.org',
    labelSystems: ['urn:site:label'],
    purposes: [{ ...registry, parents: [purpose('HRESCH'), purpose('PUBHLTH')] }],
    sensitivities: [{ ...clinic, parents: [sensitivity('HIV'), sensitivity('SPI')] }],
    ...chosen,
  }),
);

export const randomCase: fc.Arbitrary<RandomCase> = fc.record({
  events,
  question,
  settings: oneOf(...sites),
  probes: fc.array(probe, { minLength: 4, maxLength: 4 }),
});
