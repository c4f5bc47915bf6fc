import type { Coding } from '../../schemas/coding.ts';
import type { Item, Question } from '../../schemas/decision.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { Exception, RuleType } from '../../schemas/provision.ts';
import type { Settings } from '../../schemas/settings.ts';
import { covered, spanOf, within } from './oracle-time.ts';
import {
  all,
  any,
  certainly,
  confidentialityOrder,
  confidentialitySystem,
  covers,
  type Kleene,
  purposeTree,
  sameCode,
  sensitivityTree,
  systemsOf,
} from './oracle-trees.ts';

/** All that a rule is held against: the question, one of its items, the moment of use, the settings. */
export interface Asked {
  readonly question: Question;
  readonly item: Item;
  readonly validAt: Millis;
  readonly settings: Settings;
}

/** One criterion of a rule, and the attributes that are missing where it is unknown (S7.5). */
export interface Finding {
  readonly state: Kleene;
  readonly missing: readonly string[];
}

/** S4.2: references compare after the configured base is taken off and any version cut. */
export const bare = (reference: string, settings: Settings): string => {
  const base = settings.referenceBase?.replace(/\/*$/, '/');
  const relative =
    base !== undefined && reference.startsWith(base) ? reference.slice(base.length) : reference;
  return relative.replace(/\/_history\/.*$/, '');
};

/** S4.1: an absent attribute is unknown, a list that is given is complete. */
const listHas = <T>(list: readonly T[] | undefined, matches: (entry: T) => boolean): Kleene =>
  list === undefined ? 'unknown' : certainly(list.some(matches));

const refersTo = (wanted: string, { settings }: Asked) => {
  const target = bare(wanted, settings);
  return (reference: string) => bare(reference, settings) === target;
};

const recipientMet = (
  listed: { reference?: string | undefined; role?: Coding | undefined },
  asked: Asked,
): Finding => {
  const { recipient } = asked.question;
  const { reference, role } = listed;
  const same = reference === undefined ? () => true : refersTo(reference, asked);
  const byReference = same(recipient.reference) ? 'met' : listHas(recipient.memberOf, same);
  const byRole = role === undefined ? 'met' : listHas(recipient.roles, (given) => sameCode(given, role));
  return {
    state: all([byReference, byRole]),
    missing: [...(byReference === 'unknown' ? ['memberOf'] : []), ...(byRole === 'unknown' ? ['roles'] : [])],
  };
};

const dataMet = ({ reference, meaning }: { reference: string; meaning: string }, asked: Asked): Kleene => {
  const { item } = asked;
  const same = refersTo(reference, asked);
  if (meaning === 'authoredby') return listHas(item.author, same);
  const itself = item.reference === undefined ? 'unknown' : certainly(same(item.reference));
  return meaning === 'instance' ? itself : any([itself, listHas(item.related, same)]);
};

const classMet = (listed: { system?: string | undefined; code: string }, { item }: Asked): Kleene =>
  item.class === undefined
    ? 'unknown'
    : any(
        item.class.map((given) => {
          if (given.code !== listed.code) return 'not met';
          if (listed.system === undefined || listed.system === given.system) return 'met';
          return given.system === undefined ? 'unknown' : 'not met';
        }),
      );

const dataPeriodMet = (period: Exception['dataPeriod'], { item, settings }: Asked): Kleene => {
  if (item.time === undefined) return 'unknown';
  const limit = spanOf(period, settings.timeZone);
  const time =
    typeof item.time === 'string'
      ? covered(item.time, settings.timeZone)
      : spanOf(item.time, settings.timeZone);
  if (limit.from <= time.from && time.until <= limit.until) return 'met';
  return time.from < limit.until && limit.from < time.until ? 'unknown' : 'not met';
};

/** S6.1 */
export const purposeMet = (listed: readonly Coding[], { question, settings }: Asked): Kleene =>
  any(listed.map((purpose) => covers(purposeTree(settings), purpose, question.purpose)));

/** S5: how one label of an item stands to those of its family that a rule of this type lists. */
const confidentialityMet = (type: RuleType, listed: readonly Coding[], given: Coding): Kleene => {
  const rank = (label: Coding) => confidentialityOrder.indexOf(label.code);
  if (listed.some((label) => sameCode(label, given))) return 'met';
  // S4.2: a code that the order does not hold is unknown, unless equal.
  if (rank(given) < 0) return 'unknown';
  return any(
    listed.map((label) =>
      rank(label) < 0
        ? 'unknown'
        : certainly(type === 'permit' ? rank(given) <= rank(label) : rank(given) >= rank(label)),
    ),
  );
};

/** S5: confidentiality, sensitivity (whatever system its tree holds), or another system by itself. */
const familyOf = ({ system }: Coding, settings: Settings): string => {
  if (system === confidentialitySystem) return 'confidentiality';
  return systemsOf(sensitivityTree(settings)).has(system) ? 'sensitivity' : system;
};

const familyMet = (
  type: RuleType,
  family: string,
  rule: readonly Coding[],
  { item, settings }: Asked,
): Kleene => {
  if (item.labels === undefined) return 'unknown';
  const ofFamily = (label: Coding) => familyOf(label, settings) === family;
  const listed = rule.filter(ofFamily);
  const given = item.labels.filter(ofFamily);
  if (family === 'confidentiality') {
    // S5: an item without one counts as N, or as R when it has a sensitivity label.
    const sensitive = item.labels.some((label) => familyOf(label, settings) === 'sensitivity');
    const assumed = { system: confidentialitySystem, code: sensitive ? 'R' : 'N' };
    const counts = given.length > 0 ? given : [assumed];
    const each = counts.map((label) => confidentialityMet(type, listed, label));
    return type === 'permit' ? all(each) : any(each);
  }
  if (family !== 'sensitivity' && !settings.labelSystems.includes(family)) return 'unknown';
  const covering = (label: Coding) => (wanted: Coding) =>
    family === 'sensitivity'
      ? covers(sensitivityTree(settings), wanted, label)
      : certainly(sameCode(wanted, label));
  const each = given.map((label) => any(listed.map(covering(label))));
  // S5.1: at least one label of the family, and each is covered. S5.2: any of them is.
  return type === 'permit' ? all([certainly(given.length > 0), ...each]) : any(each);
};

/** S5.1: a permit rule wants every family that it lists covered. S5.2: a deny rule any of them touched. */
const labelMet = (type: RuleType, listed: readonly Coding[], asked: Asked): Kleene => {
  const families = [...new Set(listed.map((label) => familyOf(label, asked.settings)))];
  const each = families.map((family) => familyMet(type, family, listed, asked));
  return type === 'permit' ? all(each) : any(each);
};

/** S3.1, S4: the criteria of a rule that is of this type, without its exceptions. */
export const criteriaMet = (rule: Exception, type: RuleType, asked: Asked): Finding => {
  const { question, item, validAt, settings } = asked;
  const find = (state: Kleene, attribute: string): Finding => ({
    state,
    missing: state === 'unknown' ? [attribute] : [],
  });
  const findings: Finding[] = [];
  if (rule.period)
    findings.push(find(certainly(within(validAt, spanOf(rule.period, settings.timeZone))), 'period'));
  if (rule.recipient) {
    const each = rule.recipient.map((listed) => recipientMet(listed, asked));
    const state = any(each.map((finding) => finding.state));
    const open = each.filter((finding) => finding.state === 'unknown');
    findings.push({ state, missing: state === 'unknown' ? open.flatMap((finding) => finding.missing) : [] });
  }
  if (rule.custodian) {
    const given = question.custodian === undefined ? undefined : [question.custodian];
    findings.push(find(any(rule.custodian.map((one) => listHas(given, refersTo(one, asked)))), 'custodian'));
  }
  if (rule.author)
    findings.push(find(any(rule.author.map((one) => listHas(item.author, refersTo(one, asked)))), 'author'));
  if (rule.purpose) findings.push(find(purposeMet(rule.purpose, asked), 'purpose'));
  if (rule.action) findings.push(find(certainly(rule.action.includes(question.action)), 'action'));
  if (rule.class) findings.push(find(any(rule.class.map((one) => classMet(one, asked))), 'class'));
  if (rule.code)
    findings.push(
      find(any(rule.code.map((one) => listHas(item.code, (given) => sameCode(given, one)))), 'code'),
    );
  if (rule.data) findings.push(find(any(rule.data.map((one) => dataMet(one, asked))), 'data'));
  if (rule.dataPeriod) findings.push(find(dataPeriodMet(rule.dataPeriod, asked), 'dataPeriod'));
  if (rule.label) findings.push(find(labelMet(type, rule.label, asked), 'labels'));
  const state = all(findings.map((finding) => finding.state));
  return { state, missing: state === 'unknown' ? findings.flatMap((finding) => finding.missing) : [] };
};
