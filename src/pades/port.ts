/**
 * What others use of this room: signing a document in place, checking one, and reading what is in it. What signs
 * (`key-file.ts`, `pkcs11.ts`, `timestamp-authority.ts`) is chosen in report-signing.ts; `file.ts` is for the command
 * that verifies.
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
