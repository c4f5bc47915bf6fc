/**
 * What is wrong with a PDF, its signature, or whoever signed it: stable codes. The same words serve the one who is
 * about to sign and the one who checks.
 */
export const problemCodes = [
  // the document
  'foreign-pdf',
  'attachment-missing',
  'attachment-doubled',
  // the signature and what it covers
  'signature-missing',
  'signature-doubled',
  'signature-malformed',
  'byte-range',
  'not-certified',
  'document-altered',
  'signature-invalid',
  'signature-too-large',
  'signed-in-the-future',
  // who signed
  'key-unknown',
  'key-mismatch',
  'key-unavailable',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-unfit',
  // the authority that vouches for the time
  'timestamp-unavailable',
  'timestamp-invalid',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** `detail` is a sentence for people. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

export const wrong = (code: ProblemCode, detail: string): Checked<never> => ({
  ok: false,
  problem: { code, detail },
});
