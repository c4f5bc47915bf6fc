import { type ExportRecord, rendering } from '../../schemas/export/package.ts';
import { type Attachment, ForeignPdf, type Pdf, type PdfObject, type PdfValue } from '../pades/port.ts';
import { Incoming } from './incoming.ts';
import { linesOf } from './lines.ts';
import { type Difference, differenceOf } from './same-document.ts';

/** Renders an export as the ledger does (`renderReport`): the same records, the same document. */
export type Render = (
  input: {
    readonly records: () => AsyncIterable<ExportRecord>;
    readonly attachment: () => AsyncIterable<Uint8Array>;
    readonly signable: boolean;
  },
  write: (chunk: Uint8Array) => Promise<void>,
) => Promise<{ readonly pages: number }>;

export interface PagesVerdict {
  readonly valid: boolean;
  /** How many were drawn again, and are the same; absent where one is not. */
  readonly pages?: number;
  /** A sentence. */
  readonly fault?: string;
  /** The first page that is another, from 1. */
  readonly page?: number;
}

/** Draws the pages of a document again from its evidence, which must have been verified, and compares. */
export const verifyPages = async (
  pdf: Pdf,
  attachment: Attachment,
  render: Render,
): Promise<PagesVerdict> => {
  const drawnBy = renderingOf(pdf);
  if (drawnBy !== rendering) return { valid: false, fault: drawnOtherwise(drawnBy) };
  const written = new Incoming();
  const again = drawn(render, pdf, attachment, written);
  const compared = await differenceOf(pdf, written, attachment.object.number)
    .catch((error: unknown) => {
      if (error instanceof ForeignPdf) return error;
      throw error;
    })
    .finally(() => written.close());
  const result = await again;
  if (compared === undefined && result instanceof Error === false)
    return { valid: true, pages: result.pages };
  if (compared instanceof Error) return { valid: false, fault: `The file is damaged: ${compared.message}.` };
  return differing(pdf, compared ?? {});
};

/** Which rendering the document says that it was drawn by. */
const renderingOf = (pdf: Pdf): number | undefined => {
  const found = ['/PieceInfo', '/ConsentLedger', '/Private', '/Rendering'].reduce<PdfValue | undefined>(
    (value, key) => (value instanceof Map ? value.get(key) : undefined),
    pdf.catalog as PdfValue,
  );
  return typeof found === 'number' ? found : undefined;
};

const drawnOtherwise = (drawnBy: number | undefined): string =>
  drawnBy === undefined
    ? 'The document does not say how its pages were drawn.'
    : `The pages were drawn by rendering ${drawnBy}, and this version draws rendering ${rendering}: verify them with the version that has it.`;

/** Never rejects: who reads may stop at the first difference, and then it cannot be written to the end. */
const drawn = async (
  render: Render,
  pdf: Pdf,
  attachment: Attachment,
  written: Incoming,
): Promise<{ readonly pages: number } | Error> => {
  const input = {
    records: () => recordsIn(attachment),
    attachment: () => attachment.content(),
    signable: pdf.catalog.has('/AcroForm'),
  };
  try {
    return await render(input, (chunk) => written.write(chunk));
  } catch (error) {
    return error instanceof Error ? error : new Error('failed');
  } finally {
    written.end();
  }
};

async function* recordsIn(attachment: Attachment): AsyncGenerator<ExportRecord> {
  for await (const { text } of linesOf(attachment.content())) yield JSON.parse(text ?? '') as ExportRecord;
}

const differing = (pdf: Pdf, { object }: Difference): PagesVerdict => {
  const page = object === undefined ? undefined : pageWith(pdf, object);
  if (page !== undefined)
    return { valid: false, page, fault: `Page ${page} does not show what is in the evidence.` };
  const what = object === undefined ? 'The document' : `Object ${object} of the document`;
  return { valid: false, fault: `${what} is not what is drawn from the evidence.` };
};

/** Which page an object is, has the content of, or belongs to; undefined where it is of none. */
const pageWith = (pdf: Pdf, number: number): number | undefined => {
  const owner = referenceOf(pdf.object(number), '/Pg');
  let page = 0;
  for (const one of pdf.objects()) {
    if (!(one.value instanceof Map) || one.value.get('/Type') !== '/Page') continue;
    page += 1;
    if ([number, owner].includes(one.number) || referenceOf(one, '/Contents') === number) return page;
  }
  return undefined;
};

const referenceOf = ({ value }: PdfObject, key: string): number | undefined => {
  const found: PdfValue | undefined = value instanceof Map ? value.get(key) : undefined;
  return typeof found === 'object' && found !== null && 'ref' in found ? (found.ref as number) : undefined;
};
