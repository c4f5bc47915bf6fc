import { packageFileName, rendering } from '../schemas/export/package.ts';
import { type Chart, daysOf, inForceChart, outcomesChart } from './charts.ts';
import { type CheckpointText, checkpointText } from './checkpoint.ts';
import type { Pen } from './entries/entry.ts';
import { columns, paragraph, spans } from './layout/flow.ts';
import { linesOf } from './layout/lines.ts';
import { colors } from './layout/styles.ts';
import type { Overview } from './overview.ts';
import type { Outline } from './pdf/outline.ts';
import { box, margin, type Pages, textWidth } from './pdf/pages.ts';
import { pageHeight } from './pdf/pdfkit.ts';
import { type Element, textString } from './pdf/structure.ts';
import { showInstant, showNumber } from './text/show.ts';

const labelWidth = 118;
const chartHeight = 104;

/** The first pages: what was asked, the answer in numbers and figures, what proves it, how to check it, and its limits. */
export const drawCover = (
  pages: Pages,
  document: Element,
  outline: Outline,
  overview: Overview,
  pen: Pen,
): void => {
  const { wording, styles } = pen;
  const { header } = overview;
  const checkpoint = checkpointText(header.checkpoint);
  const sect = document.child('Sect');
  const kind = wording.kinds[header.kind];
  paragraph(pages, sect, 'H1', spans(kind.title, styles.title));
  outline.add(kind.title, { page: pages.page, y: pageHeight });
  paragraph(pages, sect, 'P', spans(kind.about, styles.lead), { after: 6 });
  const section = (title: string, draw: (part: Element) => void, keep = 70) => {
    pages.room(keep);
    const part = sect.child('Sect');
    outline.below().add(title, { page: pages.page, y: pageHeight - pages.y });
    paragraph(pages, part, 'H2', spans(title, styles.heading), { before: 11, after: 3 });
    draw(part);
    part.end();
  };
  section(wording.asked.heading, (part) => facts(pages, part, askedFacts(overview, pen), pen));
  section(wording.numbers.heading, (part) => drawNumbers(pages, part, overview, checkpoint, pen));
  section(wording.checkpoint.heading, (part) => {
    paragraph(pages, part, 'P', spans(wording.checkpoint.about, styles.text), { after: 4 });
    facts(pages, part, checkpointFacts(checkpoint, overview, pen), pen);
  });
  section(wording.check.heading, (part) => drawCommands(pages, part, header.exportId, pen), 140);
  section(wording.reading.heading, (part) => list(pages, part, wording.reading.lines, pen));
  section(wording.limits.heading, (part) => list(pages, part, wording.limits.lines, pen));
  sect.end();
};

type Facts = readonly (readonly [label: string, value: string])[];

const askedFacts = ({ header }: Overview, { wording }: Pen): Facts => {
  const { asked } = wording;
  const { cohort, period, requestedBy: agent } = header;
  const ends = {
    start: period?.from && showInstant(period.from),
    end: period?.until && showInstant(period.until),
  };
  const whole = ends.start === undefined && ends.end === undefined;
  return [
    [
      asked.cohort,
      {
        all: asked.all,
        form: formOf(header, asked.form),
        identifiers: identifiersOf(header, asked.identifiers, wording),
      }[cohort.by],
    ],
    [asked.period, whole ? asked.wholePeriod : `${asked.periodOf(ends)}. ${asked.periodNote}`],
    [asked.ground, header.reason ?? asked.noGround],
    [asked.by, [agent.subject, agent.organisation, agent.issuer].filter(Boolean).join(' · ')],
    [asked.at, showInstant(header.requestedAt)],
    [asked.tenant, header.tenant],
  ];
};

const formOf = ({ cohort }: Overview['header'], words: (formId: string) => string): string =>
  cohort.by === 'form' ? words(cohort.formId) : '';
const identifiersOf = (
  { cohort }: Overview['header'],
  words: (asked: string) => string,
  wording: Pen['wording'],
): string => (cohort.by === 'identifiers' ? words(showNumber(cohort.asked, wording)) : '');

const checkpointFacts = (checkpoint: CheckpointText, { attachment }: Overview, { wording }: Pen): Facts => {
  const { checkpoint: words } = wording;
  return [
    [words.origin, checkpoint.origin],
    [words.size, showNumber(checkpoint.size, wording)],
    [words.recorded, showInstant(checkpoint.recorded)],
    [words.root, checkpoint.root],
    [words.heads, checkpoint.heads],
    [words.signers, checkpoint.signers.join(', ')],
    [words.drawnBy, words.rendering(rendering)],
    [words.attachment, `${packageFileName}, ${words.fingerprint(attachment.sha256)}`],
  ];
};

/** Labels beside what they stand for, as a list. */
const facts = (pages: Pages, parent: Element, all: Facts, { styles }: Pen): void => {
  const element = parent.child('L');
  for (const [label, value] of all) {
    const item = element.child('LI');
    const name = linesOf(spans(label, styles.label), labelWidth - 8);
    const lines = linesOf(spans(value, styles.text), textWidth - labelWidth);
    pages.room(Math.max(name.length, lines.length) * 13);
    const { y } = pages;
    const part = item.child('Lbl');
    columns(pages, part, 'Lbl', [{ x: 0, lines: name }]);
    part.end();
    const below = pages.y;
    pages.y = y;
    const body = item.child('LBody');
    columns(pages, body, 'LBody', [{ x: labelWidth, lines }]);
    body.end();
    pages.y = Math.max(below, pages.y) + 1.5;
    item.end();
  }
  element.end();
};

/** Large numbers in a row, each with what it counts; then the figures. */
const drawNumbers = (
  pages: Pages,
  part: Element,
  overview: Overview,
  checkpoint: CheckpointText,
  pen: Pen,
): void => {
  const { wording, styles } = pen;
  const { numbers, charts } = wording;
  const { end, closedEvents, closedDecisions } = overview;
  const number = (count: number) => showNumber(count, wording);
  const counts: readonly (readonly [number, string])[] = [
    [end.patients.known, numbers.patients],
    [end.patients.unknown, numbers.unknown],
    [end.patients.erased, numbers.erased],
    [end.events, numbers.events],
    [end.decisions, numbers.decisions],
  ];
  const width = textWidth / counts.length;
  const list = part.child('L');
  const top = pages.y + 2;
  counts.forEach(([count, label], place) => {
    pages.y = top;
    const item = list.child('LI');
    const body = item.child('LBody');
    const lines = [
      ...linesOf(spans(number(count), styles.number), width - 6),
      ...linesOf(spans(label, styles.small), width - 6),
    ];
    columns(pages, body, 'LBody', [{ x: place * width, lines }]);
    body.end();
    item.end();
  });
  list.end();
  if (closedEvents + closedDecisions > 0)
    paragraph(
      pages,
      part,
      'P',
      spans(numbers.notOpened(number(closedEvents), number(closedDecisions)), styles.small),
      {
        before: 3,
      },
    );
  pages.y += 6;
  pages.room(chartHeight + 20);
  const gap = 30;
  const wide = (textWidth - gap) * 0.6;
  const y = pages.y + 16;
  const left = { x: margin.left, y, width: wide, height: chartHeight - 16 };
  const right = { x: margin.left + wide + gap, y, width: textWidth - gap - wide, height: chartHeight - 16 };
  const days = daysOf(overview, checkpoint.recorded);
  const after = pages.y + chartHeight + 4;
  figure(
    pages,
    part,
    left,
    charts.inForce,
    inForceChart(overview, days, left, styles.small, wording),
    charts.inForceNone,
    pen,
  );
  const bars = { label: styles.small, value: styles.small };
  figure(
    pages,
    part,
    right,
    charts.outcomes,
    outcomesChart(overview.outcomes, right, bars, wording),
    charts.outcomesNone,
    pen,
  );
  pages.y = after;
};

/** A figure under its caption; where there is nothing to draw, why. */
const figure = (
  pages: Pages,
  part: Element,
  frame: { x: number; y: number; width: number; height: number },
  caption: string,
  chart: Chart | undefined,
  nothing: string,
  { styles }: Pen,
): void => {
  const x = frame.x - margin.left;
  pages.y = frame.y - 16;
  paragraph(pages, part, 'P', spans(caption, styles.subheading), { x, width: frame.width });
  pages.y = frame.y;
  if (chart === undefined) {
    paragraph(pages, part, 'P', spans(nothing, styles.small), { x, width: frame.width });
    return;
  }
  const bottom = pageHeight - frame.y - frame.height;
  const bounds = [frame.x, bottom, frame.x + frame.width, bottom + frame.height]
    .map((at) => at.toFixed(1))
    .join(' ');
  const layout = `/A<</O/Layout/Placement/Block/BBox[${bounds}]>>`;
  const element = part.child('Figure', `/Alt ${textString(chart.alternative)}${layout}`);
  pages.mark(element, 'Figure', chart.operators);
  element.end();
};

const drawCommands = (pages: Pages, part: Element, exportId: string, pen: Pen): void => {
  const { wording, styles } = pen;
  const { check } = wording;
  paragraph(pages, part, 'P', spans(check.about, styles.text), { after: 3 });
  const commands: readonly (readonly [string, string])[] = [
    [check.ours, `npx consent-ledger verify ${exportId}.pdf --trust keys.txt`],
    [check.theirs, `pdfsig ${exportId}.pdf`],
  ];
  for (const [why, command] of commands) {
    paragraph(pages, part, 'P', spans(why, styles.label), { keep: 24 });
    pages.room(22);
    pages.artifact(box(margin.left, pages.y + 1, textWidth, 18, colors.wash));
    paragraph(pages, part, 'P', spans(command, styles.strong), { x: 8, before: 4, after: 7 });
  }
};

const list = (pages: Pages, part: Element, lines: readonly string[], { styles }: Pen): void => {
  const element = part.child('L');
  for (const text of lines) {
    const item = element.child('LI');
    const body = item.child('LBody');
    const broken = linesOf(spans(text, styles.text), textWidth - 12);
    pages.room(broken.length * 13);
    pages.artifact(box(margin.left + 1, pages.y + 5, 3, 3, colors.accent));
    columns(pages, body, 'LBody', [{ x: 12, lines: broken }]);
    body.end();
    item.end();
    pages.y += 2.5;
  }
  element.end();
};
