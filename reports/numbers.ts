import { type Chart, daysOf, type Frame, inForceChart, outcomesChart } from './charts.ts';
import type { CheckpointText } from './checkpoint.ts';
import type { Pen } from './entries/entry.ts';
import { columns, paragraph, spans } from './layout/flow.ts';
import { linesOf } from './layout/lines.ts';
import type { Overview } from './overview.ts';
import { margin, type Pages, textWidth } from './pdf/pages.ts';
import { pageHeight } from './pdf/pdfkit.ts';
import { type Element, textString } from './pdf/structure.ts';
import { showNumber } from './text/show.ts';

const chartHeight = 104;

/** Large numbers in a row, each with what it counts; then the figures. */
export const drawNumbers = (
  pages: Pages,
  part: Element,
  overview: Overview,
  checkpoint: CheckpointText,
  pen: Pen,
): void => {
  const { wording, styles } = pen;
  const { numbers } = wording;
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
  if (overview.header.kind !== 'erasures') drawFigures(pages, part, overview, checkpoint, pen);
};

/** Consents in force over time, and decisions by outcome: of the erased there is neither to be drawn. */
const drawFigures = (
  pages: Pages,
  part: Element,
  overview: Overview,
  checkpoint: CheckpointText,
  pen: Pen,
): void => {
  const { wording, styles } = pen;
  const { charts } = wording;
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
  frame: Frame,
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
