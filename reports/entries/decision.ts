import type { Verdict } from '../../schemas/decision.ts';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import type { ExportDecision } from '../../schemas/export/package.ts';
import type { Span } from '../layout/lines.ts';
import { showCoding, showNumber } from '../text/show.ts';
import type { Outcome } from '../text/wording.ts';
import { type Entry, type Pen, sentences, timeLine } from './entry.ts';
import { ruleSentences } from './rule.ts';

/** A logged answer as an entry: what an accounting of disclosures asks for (45 CFR 164.528(b)(2)), and its grounds. */
export const decisionEntry = (
  record: ExportDecision,
  recordedAt: string | undefined,
  entry: DecisionEntry | undefined,
  line: number,
  closed: string,
  pen: Pen,
): Entry => {
  const { wording, styles } = pen;
  const number = (count: number) => showNumber(count, wording);
  const proof = wording.proof.decision(number(record.index), number(record.entry), number(line));
  return {
    times: [
      ...timeLine(wording.times.recorded, recordedAt, pen, true),
      ...(entry ? timesOf(entry, pen) : []),
    ],
    body: [
      ...(entry === undefined ? sentences(styles.label, closed) : bodyOf(entry, pen)),
      {
        spans: [
          {
            text: entry === undefined ? proof : `${proof} · ${wording.decision.id(entry.decisionId)}`,
            style: styles.tiny,
          },
        ],
      },
    ],
  };
};

const timesOf = ({ askedAt, answer }: DecisionEntry, pen: Pen): Span[][] => {
  const { times } = pen.wording;
  return [
    ...timeLine(times.asked, askedAt, pen),
    ...timeLine(times.validAt, differing(answer.validAt, askedAt), pen),
    ...timeLine(times.knownAt, differing(answer.knownAt, askedAt), pen),
  ];
};

/** The instant, where it is shown as another than `from`. */
const differing = (instant: string, from: string): string | undefined =>
  instant.slice(0, 19) === from.slice(0, 19) ? undefined : instant;

const bodyOf = (entry: DecisionEntry, pen: Pen): Entry['body'] => {
  const { wording, styles } = pen;
  const { question, answer, agent } = entry;
  const { decision: words } = wording;
  const outcomes = new Set(answer.items.map(({ decision }) => decision));
  const [only] = outcomes;
  const uniform: Outcome | undefined = outcomes.size === 1 ? only : undefined;
  const { reference, memberOf = [], roles = [] } = question.recipient;
  const details = [
    memberOf.length > 0 && words.memberOf(memberOf.join(', ')),
    roles.length > 0 && words.roles(roles.map((role) => showCoding(role, wording)).join(', ')),
    question.custodian !== undefined && words.custodian(question.custodian),
  ].filter(Boolean);
  const who = details.length === 0 ? reference : `${reference} (${details.join('; ')})`;
  const asked = words.question(
    who,
    question.action,
    showCoding(question.purpose, wording),
    answer.items.length,
  );
  return [
    {
      spans: [
        {
          text: uniform === undefined ? words.mixed : words.outcomes[uniform],
          style: uniform === undefined ? styles.strong : styles[uniform],
        },
        { text: `  ${asked}`, style: styles.text },
      ],
    },
    ...groupsOf(answer.items).flatMap((group) => verdictOf(group, answer.items.length, pen)),
    ...sentences(styles.small, words.askedBy(agent.subject, agent.organisation, agent.issuer)),
  ];
};

interface Group {
  readonly verdict: Verdict;
  readonly items: number;
}

/** Items with the same outcome, reason and grounds, counted. */
const groupsOf = (items: readonly Verdict[]): Group[] => {
  const groups = new Map<string, { verdict: Verdict; items: number }>();
  for (const verdict of items) {
    const key = JSON.stringify([
      verdict.decision,
      verdict.reason,
      verdict.basis,
      verdict.obligations,
      verdict.review,
      verdict.missing,
      verdict.residual,
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { verdict, items: 1 });
    else group.items += 1;
  }
  return [...groups.values()];
};

const verdictOf = ({ verdict, items }: Group, all: number, pen: Pen): Entry['body'] => {
  const { wording, styles } = pen;
  const { decision: words } = wording;
  const reason = words.reasons[verdict.reason];
  const grounds = verdict.basis.map(({ consentId, declarationId, rules = [], otherwise }) => {
    const name = consentId === undefined ? (declarationId ?? '') : wording.event.consent(consentId);
    const paths = [...rules, ...(otherwise ? [words.otherwise] : [])].join(', ');
    return paths === '' ? name : words.ground(name, paths);
  });
  const obligations = (verdict.obligations ?? []).map((coding) => showCoding(coding, wording));
  const first = reason.charAt(0).toLocaleUpperCase(wording.language) + reason.slice(1);
  const { residual, missing = [] } = verdict;
  const said = sentences(
    styles.text,
    all === 1 ? `${first}.` : words.verdict(items, verdict.decision, reason),
    grounds.length > 0 && words.basis(grounds.join('; ')),
    obligations.length > 0 && words.obligations(obligations.join(', ')),
    missing.length > 0 && words.missing(missing.join(', ')),
    verdict.review && words.review,
  );
  if (residual === undefined) return said;
  return [
    ...said,
    ...residual.rules.flatMap((rule, place) =>
      ruleSentences(rule, rule.type, `residual.rules[${place}]`, pen),
    ),
    ...sentences(styles.text, wording.event.otherwise[residual.otherwise]),
  ];
};
