import { deflateSync } from 'node:zlib';
import { level } from './file.ts';
import { type PdfkitDocument, pageHeight, pageWidth, type Ref } from './pdfkit.ts';
import type { Element } from './structure.ts';
import { PageTree, ParentTree } from './trees.ts';

/** What stands in the margins of each page, as content operators; drawn as an artifact, so that it is not read out. */
export interface Furniture {
  /** Above and below the text of page `number`. The names of form XObjects of `forms` may be used. */
  of(number: number): string;
  readonly forms: Readonly<Record<string, Ref>>;
}

/** Margins of the text area in points. */
export const margin = { left: 56, right: 56, top: 70, bottom: 60 };
export const textWidth = pageWidth - margin.left - margin.right;
const textBottom = pageHeight - margin.bottom;

const coordinate = (points: number): string => String(Math.round(points * 100) / 100);

/**
 * The pages one after the other; only the one at hand is in memory. Positions are points from the left and from
 * the top. Whatever is drawn belongs to a structure element, or is an artifact.
 */
export class Pages {
  readonly parents: ParentTree;
  readonly tree: PageTree;
  private readonly pdf: PdfkitDocument;
  private readonly fonts: Readonly<Record<string, Ref>>;
  private readonly furniture: Furniture;
  private operators: string[] = [];
  private owners: Ref[] = [];
  private key = 0;
  /** How far down the text has come. */
  y = 0;

  constructor(
    pdf: PdfkitDocument,
    fonts: readonly { readonly id: string; ref(): Ref }[],
    furniture: Furniture,
  ) {
    this.pdf = pdf;
    this.fonts = Object.fromEntries(fonts.map((font) => [font.id, font.ref()]));
    this.furniture = furniture;
    this.parents = new ParentTree(pdf);
    this.tree = new PageTree(pdf);
  }

  get page(): Ref {
    return this.pdf.page.dictionary;
  }

  get number(): number {
    return this.tree.count;
  }

  /** Height that is left on the page. */
  get left(): number {
    return textBottom - this.y;
  }

  next(): void {
    this.finish();
    this.pdf.addPage();
    const { content, dictionary } = this.pdf.page;
    this.tree.add(dictionary);
    this.key = this.parents.key();
    dictionary.data.StructParents = this.key;
    this.y = margin.top;
    // pdfkit has turned the page upside down; what is drawn here stands the usual way up.
    content.buffer = [];
    this.operators = [];
    this.artifact(this.furniture.of(this.number));
  }

  /** Starts a page unless `height` points fit below, or the page is still empty. */
  room(height: number): void {
    if (height > this.left && this.y > margin.top) this.next();
  }

  /** Draws content that belongs to an element. */
  mark(element: Element, tag: string, operators: string): void {
    const mcid = this.owners.length;
    this.owners.push(element.ref);
    element.content(this.page, mcid);
    this.operators.push(`/${tag}<</MCID ${mcid}>>BDC\n${operators}EMC`);
  }

  /** Draws what means nothing: rules, marks, the margins. */
  artifact(operators: string): void {
    this.operators.push(`/Artifact BMC\n${operators}EMC`);
  }

  /** Ends the last page. */
  end(): void {
    this.finish();
    this.parents.end();
    this.tree.end();
  }

  private finish(): void {
    if (this.number === 0) return;
    const { content, dictionary, resources } = this.pdf.page;
    Object.assign(resources.data, { Font: this.fonts, XObject: this.furniture.forms });
    content.compress = false;
    content.data.Filter = 'FlateDecode';
    content.write(deflateSync(Buffer.from(this.operators.join('\n'), 'latin1'), { level }));
    this.parents.set(this.key, `[${this.owners.join(' ')}]`);
    this.parents.pageEnded();
    this.owners = [];
    this.pdf.flushPages();
    // What was written is let go.
    dictionary.data = { MediaBox: dictionary.data.MediaBox };
    resources.data = {};
  }
}

/** `BT ... ET` of lines, each with its place: `x` from the left and `y` (of its top) from the top of the page. */
export const textAt = (
  lines: readonly {
    readonly x: number;
    readonly y: number;
    readonly line: { operators: string; height: number };
  }[],
): string =>
  `BT\n${lines
    .map(({ x, y, line }) => {
      const baseline = pageHeight - y - line.height * 0.76;
      return `1 0 0 1 ${coordinate(x)} ${coordinate(baseline)} Tm\n${line.operators}`;
    })
    .join('')}ET\n`;

/** A filled rectangle, `y` from the top; `color` as operands of `rg`. */
export const box = (x: number, y: number, width: number, height: number, color: string): string =>
  `${color} rg ${[x, pageHeight - y - height, width, height].map(coordinate).join(' ')} re f\n`;
