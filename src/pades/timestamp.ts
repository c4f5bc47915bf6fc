import { createHash, type X509Certificate } from 'node:crypto';
import type { BaseBlock } from 'asn1js';
import { TSTInfo } from 'pkijs';
import type { Millis } from '../../schemas/instant.ts';
import { checkMayStamp, nameOf, pathToTrust } from './certificates.ts';
import { childrenOf, derOf, oid } from './cms.ts';
import { type Checked, wrong } from './problem.ts';
import {
  hashes,
  identifierOf,
  octetsOf,
  readSignedData,
  type SignedMessage,
  signatureHolds,
} from './signed-data.ts';

/** What a timestamp authority vouches for: that something was there by then. */
export interface Timestamp {
  readonly time: Millis;
  readonly authority: string;
  /** The nonce of the request, in DER; none where it was asked without one. */
  readonly nonce?: Buffer;
  /** Whether a trusted certificate leads to the authority, and, where not, why. */
  readonly trust: Checked<readonly X509Certificate[]>;
}

const invalid = (why: string) => wrong('timestamp-invalid', `The timestamp ${why}.`);

/** Checks a timestamp token (RFC 3161, 2.4.2) over `stamped`; whether its authority is trusted is in `trust`. */
export const checkTimestamp = (
  token: Uint8Array,
  stamped: Uint8Array,
  trusted: readonly X509Certificate[],
): Checked<Timestamp> => {
  const message = readSignedData(token);
  if (message?.content === undefined || message.contentType !== oid.timeStampInfo)
    return invalid('is damaged');
  const info = infoOf(message.content);
  if (info === undefined) return invalid('is damaged');
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  const hash = hashes[hashAlgorithm.algorithmId];
  const imprint = hash === undefined ? undefined : digestOf(hash, stamped);
  if (imprint?.equals(Buffer.from(hashedMessage.getValue())) !== true)
    return invalid('is not of this signature');
  if (!attributesHold(message, message.content) || !signatureHolds(message))
    return invalid('is not signed by the authority that it names');
  const { signer, certificates } = message;
  const fits = checkMayStamp(signer);
  if (!fits.ok) return fits;
  const time = info.genTime.getTime();
  const nonce = info.nonce === undefined ? {} : { nonce: derOf(info.nonce) };
  const trust = pathToTrust(signer, certificates, trusted, time);
  return { ok: true, value: { time, authority: nameOf(signer), trust, ...nonce } };
};

const infoOf = (content: Buffer): TSTInfo | undefined => {
  try {
    return TSTInfo.fromBER(content);
  } catch {
    return undefined;
  }
};

const digestOf = (hash: string, bytes: Uint8Array): Buffer => createHash(hash).update(bytes).digest();

/** RFC 5652, 5.4, and RFC 5035: its content, the content's type, and the certificate are what was signed. */
const attributesHold = ({ signed, hash, contentType, signer }: SignedMessage, content: Buffer): boolean => {
  if (identifierOf(signed.get(oid.contentType)) !== contentType) return false;
  if (octetsOf(signed.get(oid.messageDigest))?.equals(digestOf(hash, content)) !== true) return false;
  const [current, older] = [signed.get(oid.signingCertificateV2), signed.get(oid.signingCertificate)];
  return current === undefined
    ? certificateHashOf(older)?.hash?.equals(digestOf('sha1', signer.raw)) === true
    : namesSigner(certificateHashOf(current), signer);
};

const namesSigner = (named: CertificateHash | undefined, signer: X509Certificate): boolean =>
  named?.hash?.equals(digestOf(named.algorithm, signer.raw)) === true;

interface CertificateHash {
  readonly algorithm: string;
  readonly hash?: Buffer | undefined;
}

/** RFC 5035, 4: the first of the certificates is the signer's; its hash is by SHA-256 where it does not say. */
const certificateHashOf = (attribute: BaseBlock | undefined): CertificateHash | undefined => {
  const [id] = childrenOf(childrenOf(attribute)[0]);
  const [first, second] = childrenOf(id);
  const bytes = octetsOf(first);
  if (bytes !== undefined) return { algorithm: 'sha256', hash: bytes };
  const algorithm = hashes[identifierOf(childrenOf(first)[0]) ?? ''];
  return algorithm === undefined ? undefined : { algorithm, hash: octetsOf(second) };
};
