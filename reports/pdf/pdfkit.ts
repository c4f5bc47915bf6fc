import PDFDocument from 'pdfkit';

/** An indirect object of the file: written once, when it ends. Its text in another object is `<id> 0 R`. */
export interface Ref {
  readonly id: number;
  data: Record<string, unknown>;
  offset?: number;
  compress: boolean;
  buffer: Uint8Array[];
  write(chunk: Uint8Array | string): void;
  end(chunk?: Uint8Array | string): void;
  toString(): string;
}

export interface PdfkitPage {
  readonly content: Ref;
  readonly dictionary: Ref;
  readonly resources: Ref;
}

/** A font as pdfkit embeds it: the glyphs that were encoded, under numbers of the subset. */
export interface PdfkitFont {
  readonly id: string;
  readonly font: { hasGlyphForCodePoint(codePoint: number): boolean };
  ref(): Ref;
  encode(text: string): [hex: string[], positions: { xAdvance: number; advanceWidth: number }[]];
}

/** What is used of pdfkit beyond its guide, so that what is written can be let go (docs/decisions/0010). */
export interface PdfkitDocument {
  readonly _root: Ref & { readonly data: { readonly Pages: Ref } };
  readonly _offsets: (number | null)[];
  readonly _info: Ref;
  readonly _id: Uint8Array;
  readonly page: PdfkitPage;
  readonly _font: PdfkitFont;
  _offset: number;
  _write(data: Uint8Array | string): void;
  _finalize(): void;
  _refEnd(ref: Ref): void;
  ref(data?: unknown): Ref;
  addPage(): void;
  flushPages(): void;
  font(source: Uint8Array): void;
  read(): Uint8Array | null;
  addNamedEmbeddedFile(name: string, file: Ref): void;
  getStructTreeRoot(): Ref;
  end(): void;
}

export interface DocumentFacts {
  readonly title: string;
  readonly subject: string;
  readonly author: string;
  /** BCP 47. */
  readonly language: string;
  readonly created: Date;
}

/** A4 in points, as pdfkit has it. */
export const pageWidth = 595.28;
export const pageHeight = 841.89;

/** A tagged PDF/A-3a document without a page, compressed. Same facts, same bytes. */
export const openPdfkit = (facts: DocumentFacts): { document: PDFKit.PDFDocument; pdf: PdfkitDocument } => {
  const options = {
    pdfVersion: '1.7',
    subset: 'PDF/A-3a',
    tagged: true,
    displayTitle: true,
    lang: facts.language,
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    font: null,
    // Its cache of words never lets go of one; ours is bounded (face.ts).
    fontLayoutCache: false,
    info: {
      Title: facts.title,
      Subject: facts.subject,
      Author: facts.author,
      Creator: 'Consent Ledger',
      Producer: 'PDFKit',
      CreationDate: facts.created,
    },
  };
  const document = new PDFDocument(options as unknown as PDFKit.PDFDocumentOptions);
  return { document, pdf: document as unknown as PdfkitDocument };
};
