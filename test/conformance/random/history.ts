import fc from 'fast-check';
import type { Coding } from '../../../schemas/coding.ts';
import type { ConsentGranted } from '../../../schemas/events/consent-granted.ts';
import type { Combining } from '../../../schemas/events/form-published.ts';
import type { PatientEvent } from '../../../src/consent/state.ts';
import { declared, expired, granted, history, invalidated, on, revoked, type Told } from '../story.ts';
import { ruleAbout } from './rules.ts';
import { later, maybe, moment, moments, oneOf, period, some, type, written } from './vocabulary.ts';

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

const contentAbout = (aPurpose: fc.Arbitrary<Coding>): fc.Arbitrary<Partial<ConsentGranted>> =>
  fc
    .tuple(
      fc.record({ signedAt: moment }),
      maybe(40, period),
      maybe(35, some(aPurpose)),
      maybe(50, type),
      fc.array(ruleAbout(aPurpose), { maxLength: 3 }),
      maybe(50, form),
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
const stepAbout = (aPurpose: fc.Arbitrary<Coding>) =>
  fc.record({
    gap: fc.integer({ min: 0, max: 3 }),
    what: oneOf('grant', 'grant', 'grant', 'grant', 'revoke', 'revoke', 'invalidate', 'declare', 'expire'),
    content: contentAbout(aPurpose),
    which: fc.nat(),
    replaces: maybe(30, fc.nat()),
    moment,
    stated: fc.boolean(),
    recipient: written,
  });
type Step = (ReturnType<typeof stepAbout> extends fc.Arbitrary<infer T> ? T : never) & {
  readonly at: string;
};

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % list.length];
const max = (a: string, b: string) => (a > b ? a : b);

/** Only what a writer accepts (S2.2, S2.6, S6.2): known consents, no revocation before signing, nothing twice. */
const tell = (steps: readonly Step[]): readonly Told[] => {
  const consents: { readonly name: string; readonly signedAt: string }[] = [];
  const done = new Set<string>();
  const next = (one: Step, name: string): Told | undefined => {
    if (one.what === 'declare') {
      const until = later(max(one.at, one.moment), 1 + (one.which % 3) * 90 * 86_400_000);
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
    const once = `${one.what} ${earlier.name}`;
    if (done.has(once)) return undefined;
    done.add(once);
    return one.what === 'expire' ? expired(earlier.name, one.moment) : invalidated(earlier.name);
  };
  return steps.flatMap((one, index) => {
    const told = next(one, letters[index] ?? '');
    return told === undefined ? [] : [on(one.at, told)];
  });
};

/** Streams of up to eight events, as a writer may have left them. */
export const historyAbout = (aPurpose: fc.Arbitrary<Coding>): fc.Arbitrary<readonly PatientEvent[]> =>
  fc.array(stepAbout(aPurpose), { maxLength: 8, size: 'max' }).map((steps) => {
    let clock = 0;
    const timed = steps.map((one) => {
      clock = Math.min(clock + one.gap, moments.length - 1);
      return { ...one, at: moments[clock] ?? '' };
    });
    return history(tell(timed));
  });
