import { verify, type X509Certificate } from 'node:crypto';
import { type BaseBlock, fromBER, ObjectIdentifier, OctetString } from 'asn1js';
import {
  type Attribute,
  ContentInfo,
  IssuerAndSerialNumber,
  type SignedAndUnsignedAttributes,
  SignedData,
} from 'pkijs';
import { readCertificate } from './certificates.ts';
import { bytesOf, childrenOf, derOf, issuerAndSerial, oid } from './cms.ts';

/** A CMS SignedData with one signer, taken apart. */
export interface SignedMessage {
  readonly contentType: string;
  /** What is signed, where it stands inside. */
  readonly content?: Buffer;
  readonly certificates: readonly X509Certificate[];
  /** The certificate that the signer's identifier names. */
  readonly signer: X509Certificate;
  /** Attributes by their type: the one value of each. */
  readonly signed: ReadonlyMap<string, BaseBlock>;
  readonly unsigned: ReadonlyMap<string, BaseBlock>;
  /** DER of the SET of signed attributes, which is what the key signed. */
  readonly signedAttributes: Buffer;
  readonly hash: string;
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
}

/** Hash functions by their identifiers (RFC 5754). */
export const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** The kind of key that each signature algorithm takes; their hash must be the digest's. */
const algorithms: Readonly<Record<string, readonly [key: string, hash?: string]>> = {
  [oid.rsa]: ['rsa'],
  '1.2.840.113549.1.1.11': ['rsa', 'sha256'],
  '1.2.840.113549.1.1.12': ['rsa', 'sha384'],
  '1.2.840.113549.1.1.13': ['rsa', 'sha512'],
  [oid.ecdsaWithSha256]: ['ec', 'sha256'],
  '1.2.840.10045.4.3.3': ['ec', 'sha384'],
  '1.2.840.10045.4.3.4': ['ec', 'sha512'],
};

/** Takes DER apart; undefined where it is no SignedData with one signer whose certificate is with it. */
export const readSignedData = (der: Uint8Array): SignedMessage | undefined => {
  try {
    return takeApart(der);
  } catch {
    return undefined;
  }
};

/** Whether the key of its certificate signed the attributes of a message. */
export const signatureHolds = (message: SignedMessage): boolean => {
  const { signatureAlgorithm, hash, signer, signedAttributes, signature } = message;
  const [key, itsHash = hash] = algorithms[signatureAlgorithm] ?? [];
  if (key !== signer.publicKey.asymmetricKeyType || itsHash !== hash) return false;
  try {
    return verify(hash, signedAttributes, signer.publicKey, signature);
  } catch {
    return false;
  }
};

/** The bytes of an OCTET STRING; undefined where it is none. */
export const octetsOf = (block: BaseBlock | undefined): Buffer | undefined =>
  block instanceof OctetString ? Buffer.from(block.getValue()) : undefined;

/** An object identifier in dots; undefined where the block is none. */
export const identifierOf = (block: BaseBlock | undefined): string | undefined =>
  block instanceof ObjectIdentifier ? block.getValue() : undefined;

const takeApart = (der: Uint8Array): SignedMessage | undefined => {
  const { result, offset } = fromBER(der);
  if (offset !== der.length) return undefined;
  const info = new ContentInfo({ schema: result });
  if (info.contentType !== oid.signedData) return undefined;
  const certificates = certificatesIn(info.content);
  const data = new SignedData({ schema: info.content });
  const [signerInfo, another] = data.signerInfos;
  const { encapContentInfo } = data;
  if (signerInfo === undefined || another !== undefined || signerInfo.signedAttrs === undefined)
    return undefined;
  const { sid, signedAttrs, unsignedAttrs } = signerInfo;
  if (!(sid instanceof IssuerAndSerialNumber)) return undefined;
  const identifier = derOf(sid.toSchema());
  const signer = certificates.find((one) => issuerAndSerial(one).equals(identifier));
  const hash = hashes[signerInfo.digestAlgorithm.algorithmId];
  const signed = attributesOf(signedAttrs);
  const unsigned = attributesOf(unsignedAttrs);
  if (signer === undefined || hash === undefined || signed === undefined || unsigned === undefined)
    return undefined;
  const content = octetsOf(encapContentInfo.eContent);
  return {
    contentType: encapContentInfo.eContentType,
    ...(content !== undefined && { content }),
    certificates,
    signer,
    signed,
    unsigned,
    signedAttributes: Buffer.from(signedAttrs.encodedValue),
    hash,
    signatureAlgorithm: signerInfo.signatureAlgorithm.algorithmId,
    signature: Buffer.from(signerInfo.signature.getValue()),
  };
};

/** The certificates of a SignedData, byte for byte. */
const certificatesIn = (signedData: BaseBlock): X509Certificate[] => {
  const set = childrenOf(signedData).find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0);
  return childrenOf(set).map((one) => readCertificate(bytesOf(one)));
};

/** Undefined where a type stands twice, or has not one value. */
const attributesOf = (
  attributes: SignedAndUnsignedAttributes | undefined,
): ReadonlyMap<string, BaseBlock> | undefined => {
  const all: readonly Attribute[] = attributes?.attributes ?? [];
  const found = new Map(all.map(({ type, values }) => [type, values[0] as BaseBlock]));
  return found.size === all.length && all.every(({ values }) => values.length === 1) ? found : undefined;
};
