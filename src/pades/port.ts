/**
 * What others use of this room: signing a document in place, checking one, and reading what is in it. Adapters are
 * chosen in app.ts and by commands: `file.ts`, `key-file.ts`.
 */
export { type Attachment, attachmentsOf } from './attachments.ts';
export { certificatesOf } from './certificates.ts';
export { openPdf, type Pdf, type PdfObject } from './pdf.ts';
export type { Checked, Problem, ProblemCode } from './problem.ts';
export { inMemory, type RandomAccess, type WritableAccess } from './random-access.ts';
export type { TimestampAuthority } from './seal.ts';
export { type SignedPdf, type SigningParts, signPdf } from './sign.ts';
export type { DocumentSigner } from './signer.ts';
export { findSignature, type SignatureSlot } from './slot.ts';
export { ForeignPdf, type PdfDictionary, type PdfReference, type PdfValue } from './syntax.ts';
export { type SignatureVerdict, type Trust, verifyPdfSignature } from './verify.ts';
