import { spans } from './layout/flow.ts';
import { linesOf, type Style } from './layout/lines.ts';
import { colors } from './layout/styles.ts';
import type { Overview } from './overview.ts';
import { box, textAt } from './pdf/pages.ts';
import { pageHeight } from './pdf/pdfkit.ts';
import { showNumber } from './text/show.ts';
import type { Outcome, Wording } from './text/wording.ts';

/** A drawn figure: content operators, and in words what it shows. */
export interface Chart {
  readonly operators: string;
  readonly alternative: string;
}

/** Where a chart is drawn, in points from the left and the top of the page. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const dayMs = 86_400_000;
const textAbove = 4;
const labelHeight = 14;
const rounded = (value: number): string => String(Math.round(value * 100) / 100);
const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** The days that the first chart spans: the period that was asked about, or from the first consent to the checkpoint. */
export const daysOf = ({ header, inForce }: Overview, recorded: string): { from: number; until: number } => {
  const dayOf = (instant: string) => Math.floor(Date.parse(instant) / dayMs);
  const last = dayOf(recorded);
  const until = Math.min(header.period?.until === undefined ? last : dayOf(header.period.until), last);
  const from = header.period?.from === undefined ? (inForce[0]?.day ?? until) : dayOf(header.period.from);
  return { from: Math.min(from, until - 1), until };
};

/** Consents in force over time, as a stepped line over its area. Undefined where there are none to count. */
export const inForceChart = (
  overview: Overview,
  days: { readonly from: number; readonly until: number },
  { x, y, width, height }: Frame,
  label: Style,
  wording: Wording,
): Chart | undefined => {
  const before = overview.inForce.findLast(({ day }) => day <= days.from)?.count ?? 0;
  const within = overview.inForce.filter(({ day }) => day > days.from && day <= days.until);
  const points = [{ day: days.from, count: before }, ...within];
  const most = Math.max(...points.map(({ count }) => count));
  const last = points.at(-1)!.count;
  if (most === 0) return undefined;
  const bottom = pageHeight - y - height + labelHeight;
  const tall = height - labelHeight - labelHeight;
  const across = (day: number) => x + (width * (day - days.from)) / (days.until - days.from);
  const up = (count: number) => bottom + (tall * count) / most;
  let line = `${rounded(x)} ${rounded(up(before))} m\n`;
  let level = before;
  for (const { day, count } of thinned(points, days, width)) {
    line += `${rounded(across(day))} ${rounded(up(level))} l\n${rounded(across(day))} ${rounded(up(count))} l\n`;
    level = count;
  }
  line += `${rounded(x + width)} ${rounded(up(last))} l\n`;
  const area = `${line}${rounded(x + width)} ${rounded(bottom)} l\n${rounded(x)} ${rounded(bottom)} l\nh\n`;
  const number = (count: number) => showNumber(count, wording);
  const [from, until] = [dateOf(days.from), dateOf(days.until)];
  const text = (words: string) => linesOf(spans(words, label), width)[0]!;
  const [first, end, top] = [text(from), text(until), text(number(most))];
  return {
    operators:
      `${colors.wash} rg\n${area}f\n` +
      box(x, y + labelHeight, width, 0.3, colors.rule) +
      box(x, y + height - labelHeight, width, 0.6, colors.rule) +
      `1.2 w\n1 j\n${colors.accent} RG\n${line}S\n` +
      textAt([
        { x, y, line: top },
        { x, y: y + height - labelHeight + textAbove / 2, line: first },
        { x: x + width - end.width, y: y + height - labelHeight + textAbove / 2, line: end },
      ]),
    alternative: wording.charts.inForceAlt(from, number(before), until, number(last), number(most)),
  };
};

/** At most a point for each half point of width: what is finer cannot be seen. The last of each stands. */
const thinned = (
  points: Overview['inForce'],
  { from, until }: { from: number; until: number },
  width: number,
): Overview['inForce'] => {
  const slots = new Map(
    points.map((point) => [Math.floor(((point.day - from) * width * 2) / (until - from)), point]),
  );
  return [...slots.values()];
};

const outcomes: readonly Outcome[] = ['permit', 'conditional', 'deny'];

/** Decisions by outcome, as bars with their counts. Undefined where there are none to count. */
export const outcomesChart = (
  counts: Overview['outcomes'],
  { x, y, width }: Frame,
  { label, value }: { readonly label: Style; readonly value: Style },
  wording: Wording,
): Chart | undefined => {
  const most = Math.max(...outcomes.map((outcome) => counts[outcome]));
  if (most === 0) return undefined;
  const rowHeight = 30;
  const rows = outcomes.map((outcome, row) => {
    const top = y + row * rowHeight;
    const name = linesOf(spans(wording.decision.outcomes[outcome], label), width)[0]!;
    const count = linesOf(spans(showNumber(counts[outcome], wording), value), width)[0]!;
    return {
      bar:
        box(x, top + 14, width, 7, colors.wash) +
        box(
          x,
          top + 14,
          Math.max((width * counts[outcome]) / most, counts[outcome] > 0 ? 1 : 0),
          7,
          colors[outcome],
        ),
      texts: [
        { x, y: top, line: name },
        { x: x + width - count.width, y: top, line: count },
      ],
      words: `${wording.decision.outcomes[outcome]} ${showNumber(counts[outcome], wording)}`,
    };
  });
  return {
    operators: rows.map(({ bar }) => bar).join('') + textAt(rows.flatMap(({ texts }) => texts)),
    alternative: wording.charts.outcomesAlt(rows.map(({ words }) => words).join(', ')),
  };
};
