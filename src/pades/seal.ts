import { createHash, verify } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Millis } from '../../schemas/instant.ts';
import { nameOf } from './certificates.ts';
import { encodeSignature, type SignatureParts, signedAttributesOf } from './cms.ts';
import { pdfDateOf } from './date.ts';
import { openPdf } from './pdf.ts';
import { type Checked, wrong } from './problem.ts';
import { chunksOf, type RandomAccess, type WritableAccess } from './random-access.ts';
import type { DocumentSigner } from './signer.ts';
import { findSignature, type SignatureSlot } from './slot.ts';
import { ForeignPdf } from './syntax.ts';

/** Vouches for the time of a signature: gives a timestamp token (RFC 3161) over it, checked. */
export interface TimestampAuthority {
  stamp(
    signature: Buffer,
    signal?: AbortSignal,
  ): Promise<Checked<{ readonly token: Buffer; readonly time: Millis }>>;
}

export interface SealParts {
  readonly signer: DocumentSigner;
  /** The signer's own, and those on the way to what others trust. */
  readonly certificates: DocumentSigner['certificates'];
  readonly signedAt: Millis;
  readonly timestampAuthority?: TimestampAuthority | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills the placeholder of a PDF, in place. Gives the time of the timestamp, where one was asked for. It is not
 * asked here whether the signer may sign.
 */
export const sealPdf = async (
  document: WritableAccess,
  { signer, certificates, signedAt, timestampAuthority, signal }: SealParts,
): Promise<Checked<{ readonly timestampedAt?: Millis }>> => {
  const slot = emptySlotIn(document);
  if (!slot.ok) return slot;
  fillIn(document, slot.value, signedAt);
  const digest = await digestAround(document, slot.value.contentsSpan, signal);
  const signedAttributes = signedAttributesOf(digest, certificates[0]);
  const signature = await signWith(signer, signedAttributes);
  if (!signature.ok) return signature;
  const stamped = await timestampAuthority?.stamp(signature.value, signal);
  if (stamped?.ok === false) return stamped;
  const made = {
    certificates,
    signedAttributes,
    signature: signature.value,
    timestamp: stamped?.value.token,
  };
  const written = writeContents(document, slot.value, made);
  if (!written.ok) return written;
  return { ok: true, value: stamped === undefined ? {} : { timestampedAt: stamped.value.time } };
};

const emptySlotIn = (document: RandomAccess): Checked<SignatureSlot> => {
  try {
    const slot = findSignature(openPdf(document));
    if (!slot.ok) return slot;
    const [from, to] = slot.value.contentsSpan;
    const empty = /^<0+>$/.test(document.read(from, to - from).toString('latin1'));
    return empty ? slot : wrong('signature-doubled', 'The document is signed already.');
  } catch (error) {
    if (!(error instanceof ForeignPdf)) throw error;
    return wrong('foreign-pdf', `The document has no place for a signature: ${error.message}.`);
  }
};

/** Writes what the signature covers of itself: its byte range, and when it was made. */
const fillIn = (
  document: WritableAccess,
  { byteRangeSpan, contentsSpan: [from, to], timeSpan }: SignatureSlot,
  signedAt: Millis,
): void => {
  const range = `[0 ${from} ${to} ${document.size - to}`;
  overwrite(document, byteRangeSpan, `${range.padEnd(byteRangeSpan[1] - byteRangeSpan[0] - 1)}]`);
  overwrite(document, timeSpan, `(${pdfDateOf(signedAt)})`);
};

const overwrite = (
  document: WritableAccess,
  [from, to]: readonly [start: number, end: number],
  text: string,
): void => {
  if (text.length !== to - from) throw new RangeError('what is written in place has the length of its place');
  document.write(from, Buffer.from(text, 'latin1'));
};

/** Lets others have their turn after each piece. */
const digestAround = async (
  document: RandomAccess,
  [from, to]: readonly [start: number, end: number],
  signal: AbortSignal | undefined,
): Promise<Buffer> => {
  const hash = createHash('sha256');
  for (const [start, end] of [
    [0, from],
    [to, document.size],
  ] as const) {
    for (const chunk of chunksOf(document, start, end)) {
      hash.update(chunk);
      await setImmediate(undefined, { signal });
    }
  }
  return hash.digest();
};

/** What the key gives is checked before it is used: a token may hold another key than its certificate says. */
const signWith = async (signer: DocumentSigner, bytes: Buffer): Promise<Checked<Buffer>> => {
  const [own] = signer.certificates;
  const outcome = await signer.sign(bytes).catch((error: unknown) => error);
  if (!Buffer.isBuffer(outcome))
    return wrong('key-unavailable', `The key of ${nameOf(own)} did not sign: ${(outcome as Error).message}.`);
  return verify('sha256', bytes, own.publicKey, outcome)
    ? { ok: true, value: outcome }
    : wrong('key-mismatch', `The key that signed is not the one of the certificate of ${nameOf(own)}.`);
};

const writeContents = (
  document: WritableAccess,
  { contentsSpan: [from, to] }: SignatureSlot,
  parts: SignatureParts,
): Checked<undefined> => {
  const room = to - from - 2;
  const hex = encodeSignature(parts).toString('hex');
  if (hex.length > room)
    return wrong(
      'signature-too-large',
      'The certificates and the timestamp are larger than the place for them.',
    );
  overwrite(document, [from, to], `<${hex.padEnd(room, '0')}>`);
  return { ok: true, value: undefined };
};
