import { createHash, type X509Certificate } from 'node:crypto';
import { type BaseBlock, Constructed, fromBER, Integer, Null, ObjectIdentifier, OctetString } from 'asn1js';

/** Object identifiers of RFC 5652 (CMS), RFC 5035 (ESS), RFC 3161, RFC 8017 and RFC 5758. */
export const oid = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  signatureTimeStamp: '1.2.840.113549.1.9.16.2.14',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  rsa: '1.2.840.113549.1.1.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const;

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** DER of an ASN.1 value. */
export const derOf = (block: BaseBlock): Buffer => Buffer.from(block.toBER());

/** DER of what consists of parts (X.690, 8.1): certificates and timestamps of others keep each of their bytes. */
const constructed = (tag: number, parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const digits = Buffer.from(length.toString(16).padStart(8, '0'), 'hex');
  const shortest = digits.subarray(digits.findIndex((digit) => digit !== 0));
  return Buffer.concat([Buffer.of(tag, 0x80 | shortest.length), shortest, content]);
};

const sequence = (...parts: readonly Buffer[]): Buffer => constructed(0x30, parts);
/** A SET OF has one order in DER: by the encodings (X.690, 11.6). */
const setOf = (...members: readonly Buffer[]): Buffer => constructed(0x31, ordered(members));
const ordered = (members: readonly Buffer[]): readonly Buffer[] => [...members].sort(Buffer.compare);
const tagged = (number: number, ...parts: readonly Buffer[]): Buffer => constructed(0xa0 | number, parts);
const id = (value: string): Buffer => derOf(new ObjectIdentifier({ value }));
const integer = (value: number): Buffer => derOf(new Integer({ value }));
const octets = (bytes: Uint8Array): Buffer =>
  derOf(new OctetString({ valueHex: Uint8Array.from(bytes).buffer }));
const none = derOf(new Null());

const digestAlgorithm = sequence(id(oid.sha256), none);

const signatureAlgorithm = (certificate: X509Certificate): Buffer =>
  certificate.publicKey.asymmetricKeyType === 'ec'
    ? sequence(id(oid.ecdsaWithSha256))
    : sequence(id(oid.rsa), none);

const attribute = (type: string, value: Buffer): Buffer => sequence(id(type), setOf(value));

/**
 * The signed attributes of a PAdES baseline signature (ETSI EN 319 142-1, 6.3): content type, digest of the
 * document, and which certificate signed (ESS signing-certificate-v2); no signing time, which stands in the PDF's
 * /M. DER of the SET, which is what the key signs (RFC 5652, 5.4).
 */
export const signedAttributesOf = (digest: Buffer, signer: X509Certificate): Buffer => {
  const certificateId = sequence(octets(sha256(signer.raw)));
  return setOf(
    attribute(oid.contentType, id(oid.data)),
    attribute(oid.messageDigest, octets(digest)),
    attribute(oid.signingCertificateV2, sequence(sequence(certificateId))),
  );
};

/** What a signature of ours consists of. */
export interface SignatureParts {
  /** Who signed, first; then the certificates that lead on from it. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  readonly signedAttributes: Buffer;
  /** By the key, over the signed attributes. */
  readonly signature: Buffer;
  /** A timestamp token over the signature (RFC 3161, Appendix A). */
  readonly timestamp?: Buffer | undefined;
}

/**
 * CMS SignedData, detached, in DER. There is one encoding of given parts, so whoever checks encodes what was found
 * once more, and any other byte than these shows.
 */
export const encodeSignature = (parts: SignatureParts): Buffer => {
  const { certificates, signedAttributes, signature, timestamp } = parts;
  const [signer] = certificates;
  const signerInfo = sequence(
    integer(1),
    issuerAndSerial(signer),
    digestAlgorithm,
    Buffer.concat([Buffer.of(0xa0), signedAttributes.subarray(1)]),
    signatureAlgorithm(signer),
    octets(signature),
    ...(timestamp === undefined ? [] : [tagged(1, attribute(oid.signatureTimeStamp, timestamp))]),
  );
  const signedData = sequence(
    integer(1),
    setOf(digestAlgorithm),
    sequence(id(oid.data)),
    tagged(0, ...ordered(certificates.map((certificate) => certificate.raw))),
    setOf(signerInfo),
  );
  return sequence(id(oid.signedData), tagged(0, signedData));
};

/** RFC 5652, 10.2.4: the issuer's name and the serial number, as they stand in the certificate itself. */
export const issuerAndSerial = (certificate: X509Certificate): Buffer => {
  const [tbs] = childrenOf(fromBER(certificate.raw).result);
  const fields = childrenOf(tbs);
  const first = fields[0] instanceof Integer ? 0 : 1;
  return sequence(bytesOf(fields[first + 2]!), bytesOf(fields[first]!));
};

/** What a constructed value consists of. */
export const childrenOf = (block: BaseBlock | undefined): readonly BaseBlock[] =>
  block instanceof Constructed ? block.valueBlock.value : [];

/** A value's own bytes, as they stood where it was read. */
export const bytesOf = (block: BaseBlock): Buffer => Buffer.from(block.valueBeforeDecodeView);
