import type { Pen } from '../entries/entry.ts';
import { box, margin, type Pages, textWidth } from '../pdf/pages.ts';
import type { Element } from '../pdf/structure.ts';
import { columns, spans } from './flow.ts';
import { linesOf } from './lines.ts';
import { colors } from './styles.ts';

const labelWidth = 118;

/** What there is to know, by its label. */
export type Facts = readonly (readonly [label: string, value: string])[];

/** Labels beside what they stand for, as a list. */
export const facts = (pages: Pages, parent: Element, all: Facts, { styles }: Pen): void => {
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

/** Lines with a mark before each, as a list. */
export const bullets = (pages: Pages, part: Element, lines: readonly string[], { styles }: Pen): void => {
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
