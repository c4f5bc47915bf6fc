import type { PdfkitDocument, Ref } from './pdfkit.ts';
import type { ParentTree } from './trees.ts';
import { dictionary } from './trees.ts';

/** Structure types of ISO 32000-1, 14.8.4 that reports use. */
export type ElementType =
  | 'Document'
  | 'Part'
  | 'Sect'
  | 'H1'
  | 'H2'
  | 'H3'
  | 'P'
  | 'L'
  | 'LI'
  | 'Lbl'
  | 'LBody'
  | 'Figure'
  | 'Form';

/** A text string as it stands in the file: UTF-16BE in hex, so that nothing has to be escaped. */
export const textString = (text: string): string =>
  `<FEFF${Buffer.from(text, 'utf16le').swap16().toString('hex').toUpperCase()}>`;

/** An instant as ISO 32000-1, 7.9.4 has it. */
export const pdfDate = (instant: string): string => `D:${instant.replace(/\D/g, '').slice(0, 14)}Z`;

/**
 * An element of the structure tree. It is written when it ends, and its parent keeps no more than its number;
 * children end before their parent.
 */
export class Element {
  readonly ref: Ref;
  private readonly pdf: PdfkitDocument;
  private readonly type: ElementType;
  private readonly parent: Ref;
  private readonly attributes: string;
  private page: Ref | undefined;
  private kids: string[] = [];

  /** `attributes` is text inside the element's dictionary, as `/Alt <...>`. */
  constructor(pdf: PdfkitDocument, type: ElementType, parent: Ref, attributes = '') {
    this.pdf = pdf;
    this.type = type;
    this.parent = parent;
    this.attributes = attributes;
    this.ref = pdf.ref();
  }

  child(type: ElementType, attributes = ''): Element {
    const element = new Element(this.pdf, type, this.ref, attributes);
    this.kids.push(`${element.ref}`);
    return element;
  }

  /** Marked content `mcid` of `page` belongs to this element. */
  content(page: Ref, mcid: number): void {
    this.page ??= page;
    this.kids.push(page === this.page ? `${mcid}` : `<</Type/MCR/Pg ${page}/MCID ${mcid}>>`);
  }

  /** The annotation belongs to this element. */
  annotation(page: Ref, annotation: Ref, parents: ParentTree): void {
    const key = parents.key();
    annotation.data.StructParent = key;
    parents.set(key, `${this.ref}`);
    this.kids.push(`<</Type/OBJR/Pg ${page}/Obj ${annotation}>>`);
  }

  end(): void {
    const page = this.page === undefined ? '' : `/Pg ${this.page}`;
    const kids = this.kids.length === 1 ? this.kids[0] : `[${this.kids.join(' ')}]`;
    this.ref.data = dictionary(`/S/${this.type}/P ${this.parent}${page}/K ${kids}${this.attributes}`);
    this.ref.end();
    this.ref.data = {};
    this.kids = [];
  }
}
