import { box, margin, type Pages, textAt, textWidth } from '../pdf/pages.ts';
import type { Element, ElementType } from '../pdf/structure.ts';
import { type Line, linesOf, type Span, type Style } from './lines.ts';

/** A column of lines beside others: `x` from the left margin. */
export interface Column {
  readonly x: number;
  readonly lines: readonly (Line & { readonly indent?: number })[];
}

/** What is no taller, in points, is not split between pages. */
const keptTogether = 420;

const heightOf = ({ lines }: Column): number => lines.reduce((sum, { height }) => sum + height, 0);

/** Points: from the left margin; broken at `width`; space before and after; `keep`: height that follows on the same page. */
interface Place {
  readonly x?: number;
  readonly width?: number;
  readonly before?: number;
  readonly after?: number;
  readonly keep?: number;
}

/** A paragraph or heading. */
export const paragraph = (
  pages: Pages,
  parent: Element,
  type: ElementType,
  spans: readonly Span[],
  { x = 0, width, before = 0, after = 0, keep = 0 }: Place = {},
): void => {
  const lines = linesOf(spans, width ?? textWidth - x);
  const column = { x, lines };
  pages.room(before + heightOf(column) + keep);
  pages.y += before;
  const element = parent.child(type);
  columns(pages, element, type, [column]);
  element.end();
  pages.y += after;
};

/**
 * Lines in columns side by side, as content of one element: on one page where a page can hold them, else on
 * several, each with its part of every column. Read out column by column.
 */
export const columns = (pages: Pages, element: Element, tag: string, all: readonly Column[]): void => {
  const height = Math.max(...all.map(heightOf));
  pages.room(Math.min(height, keptTogether));
  let rest = all.map(({ x, lines }) => ({ x, lines: [...lines] }));
  while (rest.some(({ lines }) => lines.length > 0)) {
    const top = pages.y;
    const placed = rest.flatMap(({ x, lines }) => {
      let y = top;
      const fitting = lines.findIndex((line) => {
        y += line.height;
        return y > top + pages.left;
      });
      y = top;
      return lines.splice(0, fitting === -1 ? lines.length : fitting).map((line) => {
        y += line.height;
        return { x: margin.left + x + (line.indent ?? 0), y: y - line.height, line };
      });
    });
    if (placed.length > 0) pages.mark(element, tag, textAt(placed));
    rest = rest.filter(({ lines }) => lines.length > 0);
    if (rest.length > 0) pages.next();
    else pages.y = Math.max(top, ...placed.map(({ y, line }) => y + line.height));
  }
};

/** One text in one style. */
export const spans = (text: string, style: Style): Span[] => [{ text, style }];

/** A thin line across the text area; an artifact. */
export const ruleAcross = (pages: Pages, color: string, { before = 0, after = 0 } = {}): void => {
  pages.y += before;
  pages.artifact(box(margin.left, pages.y, textWidth, 0.6, color));
  pages.y += after;
};
