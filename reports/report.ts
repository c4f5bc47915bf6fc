import type { ExportRecord } from '../schemas/export/package.ts';
import { rendering } from '../schemas/export/package.ts';
import { attach } from './attachment.ts';
import { drawCover } from './cover.ts';
import type { Pen } from './entries/entry.ts';
import { PageFurniture } from './furniture.ts';
import { stylesOf } from './layout/styles.ts';
import { type Overview, overviewOf } from './overview.ts';
import { PatientPages } from './patients.ts';
import { Face } from './pdf/face.ts';
import { PdfFile, type Write } from './pdf/file.ts';
import { Outline } from './pdf/outline.ts';
import { Pages } from './pdf/pages.ts';
import { openPdfkit, type PdfkitDocument, type Ref } from './pdf/pdfkit.ts';
import { Element, pdfDate } from './pdf/structure.ts';
import { dictionary } from './pdf/trees.ts';
import { addSignaturePlaceholder } from './signature-field.ts';
import { kindWords } from './text/kind.ts';
import { wordings } from './text/languages.ts';
import { showNumber } from './text/show.ts';

/** TrueType fonts with Latin letters; what they have no glyph for is shown as its code point. */
export interface ReportFonts {
  readonly regular: Uint8Array;
  readonly bold: Uint8Array;
}

/** What a report is made of. */
export interface ReportInput {
  /** The records of the export, from the first to the last. Asked for twice. Payloads are of their published schemas. */
  readonly records: () => AsyncIterable<ExportRecord>;
  /** The same records as JSON lines, byte for byte what is attached. Asked for twice. */
  readonly attachment: () => AsyncIterable<Uint8Array>;
  readonly fonts: ReportFonts;
  /** Whether the first page gets an empty signature field (signature-field.ts). */
  readonly signable: boolean;
}

/**
 * Renders an export as a tagged PDF/A-3a, with its records attached, and hands the bytes to `write` in order. Memory
 * does not grow with the export, but for some bytes an object. The same input gives the same bytes (with the same
 * zlib). Progress is what was taken of `records`; to cancel, let `records` or `write` throw: it is thrown on.
 *
 * Throws IncompleteExport where the records do not begin with `export` and end with `end`.
 */
export const renderReport = async (input: ReportInput, write: Write): Promise<{ readonly pages: number }> => {
  const overview = await overviewOf(input.records(), input.attachment());
  const { header } = overview;
  const wording = wordings[header.language];
  const { document, pdf } = openPdfkit({
    title: `${kindWords(header, wording).title} ${header.exportId}`,
    subject: wording.subject,
    author: 'Consent Ledger',
    language: wording.language,
    created: new Date(header.requestedAt),
  });
  const file = new PdfFile(pdf, write);
  const regular = faceOf(pdf, input.fonts.regular);
  const bold = faceOf(pdf, input.fonts.bold);
  const pen: Pen = { wording, styles: stylesOf(regular, bold) };
  const furniture = new PageFurniture(pdf, header, pen);
  const pages = new Pages(pdf, [regular.font, bold.font], furniture);
  const root = new Element(pdf, 'Document', pdf.getStructTreeRoot());
  const outlineRoot = pdf.ref();
  const outline = new Outline(pdf, outlineRoot);

  pages.next();
  if (input.signable) placeSignature(document, pages, root, pen);
  drawCover(pages, root, outline, overview, pen);
  await drawPatients(
    input.records(),
    new PatientPages(pages, root, outline, patientsIn(overview), pen),
    file,
  );
  pages.end();
  root.end();
  pdf.getStructTreeRoot().data.K = root.ref;
  outlineRoot.data = dictionary(`/Type/Outlines${outline.end(1)}`);
  outlineRoot.end();
  furniture.end(showNumber(pages.number, wording));
  Object.assign(pdf._root.data, {
    Outlines: outlineRoot,
    PageMode: 'UseOutlines',
    PageLabels: dictionary('/Nums [0 <</S/D>>]'),
    PieceInfo: dictionary(
      `/ConsentLedger<</LastModified (${pdfDate(header.requestedAt)})/Private<</Rendering ${rendering}>>>>`,
    ),
  });
  await attach(file, overview, input.attachment());
  await file.end();
  return { pages: pages.number };
};

const faceOf = (pdf: PdfkitDocument, font: Uint8Array): Face => {
  pdf.font(font);
  return new Face(pdf._font);
};

const patientsIn = ({ end: { patients } }: Overview): number =>
  patients.known + patients.unknown + patients.erased;

const drawPatients = async (
  records: AsyncIterable<ExportRecord>,
  patients: PatientPages,
  file: PdfFile,
): Promise<void> => {
  for await (const record of records) {
    patients.add(record);
    await file.drain();
  }
  patients.end();
};

/** The field is a child of the document element; what pdfkit hands over of an annotation is taken as its own does. */
const placeSignature = (
  document: PDFKit.PDFDocument,
  pages: Pages,
  root: Element,
  { wording }: Pen,
): void => {
  const form = root.child('Form');
  const structParent = {
    add: ({ annotationRef }: { annotationRef: Ref }) =>
      form.annotation(pages.page, annotationRef, pages.parents),
  };
  addSignaturePlaceholder(document, {
    label: wording.signature,
    structParent: structParent as unknown as PDFKit.PDFStructureElement,
  });
  form.end();
};
