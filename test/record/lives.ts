import fc from 'fast-check';
import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import { replay } from '../../src/consent/evolve.ts';
import { standings } from '../../src/consent/standing.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import {
  declared,
  expired,
  granted,
  history,
  id,
  invalidated,
  on,
  revoked,
  type Told,
} from '../conformance/story.ts';

/** Consents are told apart by letters; a life has no more events than there are. */
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
const dayOf = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString();

const step = fc.record({
  what: fc.constantFrom(
    'grant',
    'grant',
    'grant',
    'revoke',
    'revoke',
    'revoke',
    'invalidate',
    'declare',
    'expire',
  ),
  /** Days since the event before. */
  gap: fc.constantFrom(0, 1, 1, 2),
  which: fc.nat(),
  /** Days from the recording to what it says: mostly none, else before or ahead. */
  shift: fc.constantFrom(0, 0, 0, 0, -3, -1, 1, 4),
  starts: fc.constantFrom(undefined, undefined, undefined, -4, 0, 2),
  lasts: fc.constantFrom(undefined, undefined, undefined, 0, 1, 5),
  retroactive: fc.boolean(),
  form: fc.constantFrom(undefined, undefined, 'replacing', 'replacing', 'overlay'),
  replaces: fc.constantFrom(undefined, undefined, 1, 2, 3),
  otherwise: fc.constantFrom('permit' as const, 'deny' as const),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const contentOf = (one: Step, day: number, earlier: readonly string[]): Partial<ConsentGranted> => {
  const start = one.starts === undefined ? undefined : day + one.starts;
  const end = one.lasts === undefined ? undefined : (start ?? day) + one.lasts;
  const combining = one.form as 'replacing' | 'overlay' | undefined;
  const replaced = one.replaces === undefined ? [] : earlier.slice(-one.replaces);
  return {
    signedAt: dayOf(day + one.shift),
    otherwise: one.otherwise,
    ...(start === undefined && end === undefined
      ? {}
      : {
          period: {
            ...(start !== undefined && { start: dayOf(start) }),
            ...(end !== undefined && { end: dayOf(end) }),
          },
        }),
    ...(one.retroactive && start !== undefined && { retroactive: true as const }),
    ...(combining && { form: { formId: combining, version: '1', combining, textSha256: '0'.repeat(64) } }),
    ...(replaced.length > 0 && { replaces: replaced }),
  };
};

/** What comes next, as a writer would accept it. */
const tell = (one: Step, day: number, name: string, before: readonly PatientEvent[]): Told | undefined => {
  const consents = replay(before).consents;
  const names = letters.filter((letter) => consents.some(({ grant }) => grant.consentId === id(letter)));
  if (one.what === 'declare') return declared(name, 'Practitioner/amy', dayOf(day + 1 + (one.which % 3)));
  if (one.what === 'expire') {
    const ran = standings(consents).find(
      ({ entry, ending, ends }) => ending === 'expired' && !entry.expired && ends <= Date.parse(dayOf(day)),
    );
    const letter = names.find((other) => id(other) === ran?.entry.grant.consentId);
    if (letter === undefined || ran === undefined) return undefined;
    return expired(letter, new Date(ran.ends).toISOString());
  }
  const target = names[one.which % Math.max(names.length, 1)];
  if (one.what === 'grant' || target === undefined) return granted(name, contentOf(one, day, names));
  const entry = consents.find(({ grant }) => grant.consentId === id(target));
  if (one.what === 'invalidate') return entry?.invalidated ? undefined : invalidated(target);
  const effect = new Date(Math.max(Date.parse(dayOf(day + one.shift)), Date.parse(entry!.grant.signedAt)));
  return one.shift === 0 ? revoked(target) : revoked(target, effect.toISOString());
};

/** A patient's random life of up to 24 events: consents that replace, outlast, revive and undo each other. */
export const life: fc.Arbitrary<readonly PatientEvent[]> = fc
  .array(step, { minLength: 6, maxLength: 24 })
  .map((steps) => {
    let day = 0;
    let told: readonly Told[] = [];
    for (const [n, one] of steps.entries()) {
      day += one.gap;
      const next = tell(one, day, letters[n]!, history(told));
      if (next !== undefined) told = [...told, on(dayOf(day), next)];
    }
    return history(told);
  });
