import type { ExportHeader } from '../schemas/export/package.ts';
import type { Pen } from './entries/entry.ts';
import { spans } from './layout/flow.ts';
import { linesOf } from './layout/lines.ts';
import { colors } from './layout/styles.ts';
import { box, type Furniture, margin, textAt, textWidth } from './pdf/pages.ts';
import { type PdfkitDocument, pageHeight, pageWidth, type Ref } from './pdf/pdfkit.ts';
import { kindWords } from './text/kind.ts';
import { showNumber } from './text/show.ts';

const headerY = 36;
const footerY = pageHeight - 40;
/** What the number of pages may take, in points: eight digits. */
const totalWidth = 34;
const space = 2;

/**
 * Title and export above each page, its number below. How many pages there are is known at the end: it is drawn by
 * a form that all pages show, and that is written last.
 */
export class PageFurniture implements Furniture {
  readonly forms: Readonly<Record<string, Ref>>;
  private readonly header: ExportHeader;
  private readonly pen: Pen;
  private readonly total: Ref;
  private readonly above: string;

  constructor(pdf: PdfkitDocument, header: ExportHeader, pen: Pen) {
    this.header = header;
    this.pen = pen;
    this.total = pdf.ref();
    this.forms = { Total: this.total };
    this.above = this.aboveText();
  }

  of(number: number): string {
    const { wording, styles } = this.pen;
    const [line] = linesOf(spans(wording.page.of(showNumber(number, wording)), styles.small), textWidth);
    const x = margin.left + line!.width + space;
    return (
      this.above +
      textAt([{ x: margin.left, y: footerY, line: line! }]) +
      `q 1 0 0 1 ${x.toFixed(2)} ${(pageHeight - footerY).toFixed(2)} cm /Total Do Q\n`
    );
  }

  /** Writes what was left open: the number of pages. */
  end(pages: string): void {
    const { styles } = this.pen;
    const [line] = linesOf(spans(pages, styles.small), textWidth);
    const { font } = styles.small.face;
    Object.assign(this.total.data, {
      Type: 'XObject',
      Subtype: 'Form',
      BBox: [0, -20, totalWidth, 10],
      Resources: { Font: { [font.id]: font.ref() } },
    });
    const baseline = line!.height * 0.76;
    this.total.end(
      Buffer.from(`BT\n1 0 0 1 0 ${(-baseline).toFixed(2)} Tm\n${line!.operators}ET\n`, 'latin1'),
    );
  }

  private aboveText(): string {
    const { wording, styles } = this.pen;
    const [title] = linesOf(spans(kindWords(this.header, wording).title, styles.small), textWidth);
    const [id] = linesOf(spans(wording.page.export(this.header.exportId), styles.small), textWidth);
    return (
      textAt([
        { x: margin.left, y: headerY, line: title! },
        { x: pageWidth - margin.right - id!.width, y: headerY, line: id! },
      ]) +
      box(margin.left, headerY + 15, textWidth, 0.6, colors.rule) +
      box(margin.left, footerY - 6, textWidth, 0.6, colors.rule)
    );
  }
}
