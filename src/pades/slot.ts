import { isReference, type Pdf, type PdfObject } from './pdf.ts';
import { type Checked, wrong } from './problem.ts';
import { ForeignPdf, type PdfDictionary, type PdfValue } from './syntax.ts';

type Span = readonly [start: number, end: number];

/** The one signature of a PDF of ours: where its parts stand in the file, and what it says. */
export interface SignatureSlot {
  readonly byteRange: readonly PdfValue[];
  readonly byteRangeSpan: Span;
  /** From `<` to after `>`. */
  readonly contentsSpan: Span;
  /** The time that the signer claims, as a PDF date. */
  readonly timeSpan: Span;
  readonly time: string;
}

/** Of CMS in hexadecimal: ours has 49,154 characters. More would be work for nothing. */
const longestContents = 1 << 19;

/** Finds the signature by the form's one field, and that it certifies the document. @throws ForeignPdf */
export const findSignature = (pdf: Pdf): Checked<SignatureSlot> => {
  if (!pdf.catalog.has('/AcroForm')) return wrong('signature-missing', 'The document has no signature.');
  const fields = pdf.dictionary(pdf.catalog.get('/AcroForm'), 'the form').get('/Fields');
  if (!Array.isArray(fields)) throw new ForeignPdf('the fields of the form are missing');
  const [first, second] = fields as readonly PdfValue[];
  if (second !== undefined)
    return wrong('signature-doubled', 'The document has more fields than that of its one signature.');
  if (first === undefined) return wrong('signature-missing', 'The document has no signature.');
  const reference = pdf.dictionary(first, 'the signature field').get('/V');
  if (!isReference(reference)) return wrong('signature-missing', 'The field of the signature is empty.');
  const slot = slotOf(pdf.object(reference.ref));
  if (!slot.ok) return slot;
  const certifies = pdf.dictionary(pdf.catalog.get('/Perms') ?? new Map(), 'permissions').get('/DocMDP');
  if (!isReference(certifies) || certifies.ref !== reference.ref)
    return wrong('not-certified', 'The signature does not certify the document (DocMDP).');
  return slot;
};

const slotOf = ({ value, spans }: PdfObject): Checked<SignatureSlot> => {
  const malformed = (why: string) => wrong('signature-malformed', `The signature ${why}.`);
  if (!(value instanceof Map)) return malformed('is no dictionary');
  const dictionary: PdfDictionary = value;
  if (dictionary.get('/Type') !== '/Sig' || dictionary.get('/SubFilter') !== '/ETSI.CAdES.detached')
    return malformed('is not one of PAdES');
  const byteRange = dictionary.get('/ByteRange');
  const time = dictionary.get('/M');
  const [byteRangeSpan, contentsSpan, timeSpan] = ['/ByteRange', '/Contents', '/M'].map((key) =>
    spans.get(key),
  );
  if (
    !Array.isArray(byteRange) ||
    !Buffer.isBuffer(time) ||
    byteRangeSpan === undefined ||
    contentsSpan === undefined ||
    timeSpan === undefined ||
    !Buffer.isBuffer(dictionary.get('/Contents'))
  )
    return malformed('lacks one of /ByteRange, /Contents and /M');
  if (contentsSpan[1] - contentsSpan[0] > longestContents) return malformed('is too long to be one');
  if (!forbidsChanges(dictionary))
    return wrong('not-certified', 'The signature does not forbid every change (DocMDP, P 1).');
  const stands = { byteRangeSpan, contentsSpan, timeSpan };
  return { ok: true, value: { byteRange, time: time.toString('latin1'), ...stands } };
};

/** ISO 32000-1, 12.8.2.2: the one transformation is DocMDP with access permission 1. */
const forbidsChanges = (signature: PdfDictionary): boolean => {
  const references = signature.get('/Reference');
  if (!Array.isArray(references) || references.length !== 1) return false;
  const [reference] = references as readonly PdfValue[];
  if (!(reference instanceof Map) || reference.get('/TransformMethod') !== '/DocMDP') return false;
  const parameters = (reference as PdfDictionary).get('/TransformParams');
  return parameters instanceof Map && parameters.get('/P') === 1;
};
