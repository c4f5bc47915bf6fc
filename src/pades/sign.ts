import type { Millis } from '../../schemas/instant.ts';
import { nameOf } from './certificates.ts';
import type { Checked } from './problem.ts';
import type { WritableAccess } from './random-access.ts';
import { sealPdf, type TimestampAuthority } from './seal.ts';
import { checkSignerAt, type DocumentSigner } from './signer.ts';

export interface SigningParts {
  readonly signer: DocumentSigner;
  /** Absent: PAdES B-B; given: B-T. */
  readonly timestampAuthority?: TimestampAuthority | undefined;
  readonly clock: () => Millis;
  readonly signal?: AbortSignal | undefined;
}

/** What a signature that was made says of itself. */
export interface SignedPdf {
  readonly level: 'B-B' | 'B-T';
  readonly signer: string;
  /** When, by our clock, to the second. */
  readonly signedAt: string;
  /** When at the latest, by the timestamp authority. */
  readonly timestampedAt?: string;
}

/**
 * Signs a PDF with the placeholder of `addSignaturePlaceholder`, in place and in one revision (PAdES B-B or B-T);
 * the digest is taken in pieces. Where it fails, or is aborted, the document is not a signed one and is to be
 * deleted.
 *
 * Problems: those of the signer and its certificates, before anything is written; of the timestamp authority; of a
 * document that has no empty placeholder. Rejects where it cannot be read or written, and with the signal's AbortError.
 */
export const signPdf = async (document: WritableAccess, parts: SigningParts): Promise<Checked<SignedPdf>> => {
  const { signer, clock, timestampAuthority, signal } = parts;
  const signedAt = Math.floor(clock() / 1000) * 1000;
  const certificates = checkSignerAt(signer, signedAt);
  if (!certificates.ok) return certificates;
  const sealing = { signer, certificates: certificates.value, signedAt, timestampAuthority, signal };
  const sealed = await sealPdf(document, sealing);
  if (!sealed.ok) return sealed;
  const made = { signer: nameOf(signer.certificates[0]), signedAt: textOf(signedAt) };
  const { timestampedAt } = sealed.value;
  return timestampedAt === undefined
    ? { ok: true, value: { level: 'B-B', ...made } }
    : { ok: true, value: { level: 'B-T', ...made, timestampedAt: textOf(timestampedAt) } };
};

const textOf = (time: Millis): string => new Date(time).toISOString();
