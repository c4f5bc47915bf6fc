import type { Coding } from '../../schemas/coding.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import type { Exception, Rule } from '../../schemas/provision.ts';
import { displays } from '../../schemas/vocabulary.ts';
import type { Ends, RuleWords, Wording } from './wording.ts';

/** An instant for people: `2026-03-01 09:00:00Z`, by ISO 8601 with a space, as RFC 3339 allows. Milliseconds are cut. */
export const showInstant = (instant: string): string =>
  instant.length > 10 ? `${instant.slice(0, 10)} ${instant.slice(11, 19)}Z` : instant;

/** The ends of a period, the last millisecond of a day as that second. */
export const showPeriod = ({ start, end }: FhirPeriod): Ends => ({
  start: start && showInstant(start),
  end: end && showInstant(end),
});

/** `1234567` as `1,234,567`, by the language. */
export const showNumber = (count: number, { thousands }: Wording): string =>
  String(count).replace(/\B(?=(\d{3})+$)/g, thousands);

/** A code by what it means, and the code: `treatment (TREAT)`. What no shipped vocabulary has stands with its system. */
export const showCoding = ({ system, code }: Partial<Coding>, { codes }: Wording): string => {
  if (system === undefined) return code ?? '';
  const display = displays.get(`${system}|${code}`);
  if (display === undefined) return `${code} (${system})`;
  return `${codes[code ?? ''] ?? display} (${code})`;
};

const none: FhirPeriod = {};

/** The criteria of a rule in words, ready for the sentence that a language makes of them. */
export const ruleWords = (rule: Exception, type: Rule['type'], wording: Wording): RuleWords => {
  const codings = (list: readonly Partial<Coding>[] | undefined) =>
    (list ?? []).map((coding) => showCoding(coding, wording));
  return {
    type,
    recipients: (rule.recipient ?? []).map(({ reference, role }) => {
      const named = role && showCoding(role, wording);
      if (reference === undefined) return wording.holders(named ?? '');
      return named === undefined ? reference : `${reference} ${wording.decision.roles(named)}`;
    }),
    actions: rule.action ?? [],
    purposes: codings(rule.purpose),
    classes: codings(rule.class),
    codes: codings(rule.code),
    labels: codings(rule.label),
    references: (rule.data ?? []).map(({ reference, meaning }) => wording.named[meaning](reference)),
    authors: rule.author ?? [],
    custodians: rule.custodian ?? [],
    obligations: codings(rule.obligations),
    dataPeriod: showPeriod(rule.dataPeriod ?? none),
    period: showPeriod(rule.period ?? none),
  };
};
