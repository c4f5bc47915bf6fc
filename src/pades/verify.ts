import { createHash, type X509Certificate } from 'node:crypto';
import { fromBER } from 'asn1js';
import type { Millis } from '../../schemas/instant.ts';
import { checkMaySign, checkValidity, formChain, issuerNameOf, nameOf, pathToTrust } from './certificates.ts';
import { bytesOf, encodeSignature, oid, signedAttributesOf } from './cms.ts';
import { timeOfPdfDate } from './date.ts';
import { openPdf } from './pdf.ts';
import { type Checked, type Problem, wrong } from './problem.ts';
import { chunksOf, type RandomAccess } from './random-access.ts';
import { octetsOf, readSignedData, type SignedMessage, signatureHolds } from './signed-data.ts';
import { findSignature, type SignatureSlot } from './slot.ts';
import { ForeignPdf } from './syntax.ts';
import { checkTimestamp, type Timestamp } from './timestamp.ts';

/** What was found out about a PDF's signature: in sentences, and in parts for machines. */
export interface SignatureVerdict {
  readonly valid: boolean;
  /** What holds, in the order in which it was checked; the check ends at the first thing that is wrong. */
  readonly checked: readonly string[];
  /** The first thing that is wrong; absent where nothing is. */
  readonly problem?: Problem;
  /** What could not be checked, and what the reader should know besides. */
  readonly notes: readonly string[];
  readonly signer?: { readonly name: string; readonly issuer: string; readonly sha256: string };
  /** When it was signed, in UTC, and who says so. */
  readonly signedAt?: { readonly time: string; readonly by: 'signer' | 'timestamp-authority' };
}

/** What a verdict is made against. */
export interface Trust {
  /** Certificates that are trusted: roots, issuers, or signers themselves; also for timestamps. */
  readonly trusted: readonly X509Certificate[];
  /** When the check is made. */
  readonly now: Millis;
}

/** How far the clock of whoever signed may be ahead of ours. */
const clockSkewMs = 300_000;

/**
 * Checks the signature of a PDF that this service made: that there is one, over the whole file; that nothing was
 * altered; that it certifies the document; that a trusted certificate leads to the signer's, which was valid when
 * it signed. The time is that of a trusted timestamp authority, or else the signer's claim.
 *
 * Reads the file in pieces. Any bytes give a verdict; it throws only where they cannot be read.
 */
export const verifyPdfSignature = (bytes: RandomAccess, trust: Trust): SignatureVerdict => {
  const found = new Findings();
  const outcome = verify(bytes, trust, found);
  return { valid: outcome.ok, ...(!outcome.ok && { problem: outcome.problem }), ...found.told() };
};

/** What is found out on the way, whether or not the end is reached. */
class Findings {
  readonly #checked: string[] = [];
  readonly #notes = ['Whether a certificate was revoked cannot be known offline.'];
  #parts: Pick<SignatureVerdict, 'signer' | 'signedAt'> = {};

  holds(sentence: string): void {
    this.#checked.push(sentence);
  }

  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  add(parts: Pick<SignatureVerdict, 'signer' | 'signedAt'>): void {
    this.#parts = { ...this.#parts, ...parts };
  }

  told() {
    return { checked: this.#checked, notes: this.#notes, ...this.#parts };
  }
}

const verify = (bytes: RandomAccess, trust: Trust, found: Findings): Checked<undefined> => {
  const slot = slotIn(bytes);
  if (!slot.ok) return slot;
  found.holds('The document is whole, in one revision, and has one signature, which forbids every change.');
  const covered = checkByteRange(slot.value, bytes.size);
  if (!covered.ok) return covered;
  found.holds('The signature covers every byte of the file but its own.');
  const message = messageIn(bytes, slot.value);
  if (!message.ok) return message;
  const signed = checkSigned(bytes, slot.value, message.value);
  if (!signed.ok) return signed;
  const { signer } = message.value;
  found.add({
    signer: {
      name: nameOf(signer),
      issuer: issuerNameOf(signer),
      sha256: signer.fingerprint256,
    },
  });
  found.holds(`Nothing was altered since the key of ${nameOf(signer)} signed it.`);
  const time = timeOf(slot.value, message.value, trust, found);
  if (!time.ok) return time;
  return checkSigner(message.value, time.value, trust, found);
};

const slotIn = (bytes: RandomAccess): Checked<SignatureSlot> => {
  try {
    return findSignature(openPdf(bytes));
  } catch (error) {
    if (!(error instanceof ForeignPdf)) throw error;
    const why = 'It was damaged, changed, saved by another program, or never was a document of this service';
    return wrong('foreign-pdf', `The file cannot be read as a signed document: ${error.message}. ${why}.`);
  }
};

const checkByteRange = ({ byteRange, contentsSpan }: SignatureSlot, size: number): Checked<undefined> => {
  const [from, to] = contentsSpan;
  const whole = [0, from, to, size - to];
  const same = byteRange.length === whole.length && whole.every((offset, at) => offset === byteRange[at]);
  return same
    ? { ok: true, value: undefined }
    : wrong(
        'byte-range',
        'The signature does not cover the whole file: its byte range leaves something out.',
      );
};

/** The CMS in the signature's contents, in the one encoding that it has, padded with zeros. */
const messageIn = (
  bytes: RandomAccess,
  { contentsSpan: [from, to] }: SignatureSlot,
): Checked<SignedMessage> => {
  const malformed = wrong('signature-malformed', 'The signature itself is damaged.');
  const text = bytes.read(from, to - from).toString('latin1');
  if (!/^<[0-9a-f]+>$/.test(text)) return malformed;
  const contents = Buffer.from(text.slice(1, -1), 'hex');
  const length = lengthOf(contents);
  const message = readSignedData(contents.subarray(0, length));
  if (message === undefined || contents.subarray(length).some((byte) => byte !== 0)) return malformed;
  const { signer, certificates, signedAttributes, signature } = message;
  const others = certificates.filter((one) => one !== signer);
  const parts = { certificates: [signer, ...others] as const, signedAttributes, signature };
  const again = encodeSignature({ ...parts, timestamp: tokenOf(message) });
  return again.equals(contents.subarray(0, length)) ? { ok: true, value: message } : malformed;
};

const lengthOf = (contents: Buffer): number => {
  try {
    return Math.max(0, fromBER(contents).offset);
  } catch {
    return 0;
  }
};

const tokenOf = ({ unsigned }: SignedMessage): Buffer | undefined => {
  const token = unsigned.get(oid.signatureTimeStamp);
  return token === undefined ? undefined : bytesOf(token);
};

/** Whether the attributes are of this file and this certificate, and signed by its key. */
const checkSigned = (
  bytes: RandomAccess,
  { contentsSpan: [from, to] }: SignatureSlot,
  message: SignedMessage,
): Checked<undefined> => {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(bytes, 0, from)) hash.update(chunk);
  for (const chunk of chunksOf(bytes, to, bytes.size)) hash.update(chunk);
  const digest = hash.digest();
  if (octetsOf(message.signed.get(oid.messageDigest))?.equals(digest) !== true)
    return wrong('document-altered', 'The document was altered after it was signed.');
  if (!signatureHolds(message))
    return wrong('signature-invalid', `The signature was not made by the key of ${nameOf(message.signer)}.`);
  return signedAttributesOf(digest, message.signer).equals(message.signedAttributes)
    ? { ok: true, value: undefined }
    : wrong('signature-malformed', 'What was signed does not name the certificate of the signer.');
};

/** A moment, and whether a timestamp authority vouches for it. */
interface SigningTime {
  readonly time: Millis;
  readonly vouched: boolean;
}

/** The moment that the certificates are judged at. */
const timeOf = (
  slot: SignatureSlot,
  message: SignedMessage,
  { trusted, now }: Trust,
  found: Findings,
): Checked<SigningTime> => {
  const claimed = timeOfPdfDate(slot.time);
  if (claimed === undefined)
    return wrong('signature-malformed', 'The signature does not say when it was made.');
  const token = tokenOf(message);
  const stamp = token === undefined ? undefined : checkTimestamp(token, message.signature, trusted);
  if (stamp?.ok === false) return stamp;
  const vouched = stamp?.value.trust.ok === true;
  const time = vouched ? stamp.value.time : claimed;
  if (time > now + clockSkewMs)
    return wrong(
      'signed-in-the-future',
      `The signature says that it was made at ${new Date(time).toISOString()}, which has not come.`,
    );
  found.add({
    signedAt: { time: new Date(time).toISOString(), by: vouched ? 'timestamp-authority' : 'signer' },
  });
  if (vouched)
    found.holds(`${stamp.value.authority} vouches that it was there by ${new Date(time).toISOString()}.`);
  else found.note(claimOnly(claimed, stamp?.value));
  return { ok: true, value: { time, vouched } };
};

const claimOnly = (claimed: Millis, stamp: Timestamp | undefined): string => {
  const claim = `That it was signed at ${new Date(claimed).toISOString()} is what the signer says`;
  return stamp === undefined
    ? `${claim}; no timestamp authority vouches for it.`
    : `${claim}: its timestamp is of ${stamp.authority}, to which no trusted certificate leads.`;
};

const checkSigner = (
  { signer, certificates }: SignedMessage,
  { time, vouched }: SigningTime,
  { trusted, now }: Trust,
  found: Findings,
): Checked<undefined> => {
  const fits = checkMaySign(signer);
  if (!fits.ok) return fits;
  const path = pathToTrust(signer, certificates, trusted, time);
  if (!path.ok) return path;
  if (!formChain(signer, certificates))
    return wrong('signature-malformed', 'The signature brings certificates that have no part in it.');
  const anchor = path.value.at(-1)!;
  found.holds(
    anchor === signer
      ? `You trust the certificate of ${nameOf(signer)}, which was valid then.`
      : `The certificate of ${nameOf(signer)} was valid then, and leads to ${nameOf(anchor)}, which you trust.`,
  );
  const today = checkValidity(signer, now);
  if (!today.ok && today.problem.code === 'certificate-expired')
    found.note(
      `The certificate of ${nameOf(signer)} has expired since; that it had not before ${vouched ? 'a timestamp shows' : 'is what the signer says'}.`,
    );
  return { ok: true, value: undefined };
};
