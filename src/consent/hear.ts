import type { RuleType } from '../../schemas/provision.ts';
import type { ResolvedItem, ResolvedQuestion } from './question.ts';
import type { CompiledRule, Finding, LiveRule, Trail } from './rule.ts';
import { met, notMet, type Truth, unknown } from './truth.ts';

/** What came up on the way to the outcomes of rules. */
export interface Notes {
  /** The rules that were met or unknown and have obligations. */
  readonly obliging: { readonly rule: CompiledRule; readonly truth: Truth }[];
  /** Permits that the unknown took away, by their trails (S3.3). */
  readonly lost: Trail[];
  /** The attributes that made rules unknown. */
  readonly missing: string[];
}

/** Whether a rule is met (S3.1). */
export function judge(live: LiveRule, question: ResolvedQuestion, item: ResolvedItem): Truth {
  let truth: Truth = live.purpose;
  for (const criterion of live.criteria) {
    const one = criterion.judge(question, item);
    if (one === notMet) return notMet;
    if (one === unknown) truth = unknown;
  }
  return truth;
}

/** The outcome of a rule (S3.2, S3.3); absent where it is not met. */
export function hear(
  live: LiveRule,
  question: ResolvedQuestion,
  item: ResolvedItem,
  notes: Notes,
): Finding | undefined {
  const truth = judge(live, question, item);
  if (truth === notMet) return undefined;
  const { rule, exceptions } = live;
  if (rule.obligations.length > 0) notes.obliging.push({ rule, truth });
  if (truth === unknown) noteMissing(live, question, item, notes);

  if (exceptions.length === 0 && truth === met) return rule.own;
  const lostBefore = notes.lost.length;
  const within = hearAll(exceptions, question, item, notes);
  for (const trail of notes.lost.splice(lostBefore)) {
    notes.lost.push({ ...trail, rules: [rule, ...trail.rules] });
  }
  const ifMet = findingOf(rule, within);
  if (truth === met) return ifMet;
  if (ifMet.outcome === 'deny') return { ...ifMet, trails: ifMet.trails.map(uncertain) };
  notes.lost.push(...ifMet.trails);
  return lost;
}

/** The outcome of rules side by side: deny if one denies, else permit if one permits (S3.4). */
export function hearAll(
  rules: readonly LiveRule[],
  question: ResolvedQuestion,
  item: ResolvedItem,
  notes: Notes,
): Finding | undefined {
  const findings: Finding[] = [];
  for (const rule of rules) {
    const finding = hear(rule, question, item, notes);
    if (finding !== undefined) findings.push(finding);
  }
  return findings.length > 1 ? sideBySide(findings) : findings[0];
}

function sideBySide(findings: readonly Finding[]): Finding {
  const has = (type: RuleType) => findings.some(({ outcome }) => outcome === type);
  const prevailing = has('deny') ? 'deny' : has('permit') ? 'permit' : undefined;
  const trails = findings
    .filter(({ outcome }) => outcome === prevailing)
    .flatMap((finding) => finding.trails);
  return { outcome: prevailing, trails, firm: findings.every(({ firm }) => firm) };
}

/** A rule's outcome if it is met: that of its exceptions, else its own type. */
function findingOf(rule: CompiledRule, within: Finding | undefined): Finding {
  const own = { outcome: rule.type, trails: [{ rules: [], certain: 0 }] };
  const { outcome, trails } = within?.outcome ? within : own;
  const least = rule.type === 'deny' && within?.firm !== false ? 1 : 0;
  const through = trails.map(({ rules, certain }) => ({
    rules: [rule, ...rules],
    certain: certain > 0 ? certain + 1 : least,
  }));
  return { outcome, trails: through, firm: through.some(({ certain }) => certain > 0) };
}

const lost: Finding = { outcome: undefined, trails: [], firm: false };

const uncertain = ({ rules }: Trail): Trail => ({ rules, certain: 0 });

function noteMissing(live: LiveRule, question: ResolvedQuestion, item: ResolvedItem, notes: Notes): void {
  if (live.purpose === unknown) notes.missing.push('purpose');
  for (const criterion of live.criteria) {
    if (criterion.judge(question, item) === unknown) notes.missing.push(...criterion.lacks(question));
  }
}
