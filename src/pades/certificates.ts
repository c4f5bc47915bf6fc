import { X509Certificate } from 'node:crypto';
import { BitString } from 'asn1js';
import { BasicConstraints, Certificate, ExtKeyUsage } from 'pkijs';
import type { Millis } from '../../schemas/instant.ts';
import { type Checked, wrong } from './problem.ts';

/** Who a certificate names, on one line: what is most particular first. */
export const nameOf = (certificate: X509Certificate): string => oneLine(certificate.subject);

/** Who issued it, by its own word, likewise. */
export const issuerNameOf = (certificate: X509Certificate): string => oneLine(certificate.issuer);

const oneLine = (name: string): string => name.split('\n').reverse().join(', ');

/** A certificate of which every part can be read: OpenSSL reads the key only when it is asked. Throws. */
export const readCertificate = (encoded: string | Buffer): X509Certificate => {
  const certificate = new X509Certificate(encoded);
  Certificate.fromBER(certificate.raw);
  if (certificate.publicKey.type !== 'public') throw new Error('the certificate has no public key');
  return certificate;
};

/** The certificates of a PEM text, in its order. Throws where there is none, or one is damaged. */
export const certificatesOf = (pem: string): X509Certificate[] => {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('there is no certificate (PEM)');
  return blocks.map(readCertificate);
};

/** RFC 5280, 4.2.1.3: bits of the first byte of a key usage. */
export const keyUsages = { digitalSignature: 0x80, nonRepudiation: 0x40, keyCertSign: 0x04 } as const;

/** Object identifiers of RFC 5280, 4.2.1. */
export const extensionIds = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extKeyUsage: '2.5.29.37',
} as const;
const anyPolicies = '2.5.29.32';
/** The purpose of a timestamp authority's key (RFC 3161, 2.3). */
export const timeStamping = '1.3.6.1.5.5.7.3.8';
/** Extensions that may be critical: what is not understood must not be passed over (RFC 5280, 4.2). */
const understood: ReadonlySet<string> = new Set([...Object.values(extensionIds), anyPolicies]);

/** SHA-2 with RSA (PKCS #1 v1.5 and PSS) and ECDSA, and Ed25519: SHA-1 and MD5 can be forged. */
const soundAlgorithms: ReadonlySet<string> = new Set([
  ...[10, 11, 12, 13].map((last) => `1.2.840.113549.1.1.${last}`),
  ...[2, 3, 4].map((last) => `1.2.840.10045.4.3.${last}`),
  '1.3.101.112',
]);

const longestPath = 8;

/**
 * The path from a certificate to one that is trusted, which may be itself: names, signatures, validity at `at`,
 * and the right of each issuer to issue (RFC 5280, 6.1, without policies and names that are constrained: where
 * those are critical, the certificate is unfit). `others` may help on the way. Whether one was revoked is not
 * known offline.
 */
export const pathToTrust = (
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  at: Millis,
): Checked<readonly X509Certificate[]> => {
  const path = [leaf];
  for (let last = leaf; !trusted.some((one) => one.raw.equals(last.raw)); ) {
    const issuer = [...trusted, ...others].find((one) => hasIssued(one, last) && !path.includes(one));
    if (issuer === undefined || path.length === longestPath) return strangerTo(leaf, last);
    path.push(issuer);
    last = issuer;
  }
  for (const [depth, certificate] of path.entries()) {
    const isAnchor = depth === path.length - 1;
    const checked = checkOne(certificate, depth, isAnchor, at);
    if (!checked.ok) return checked;
  }
  return { ok: true, value: path };
};

const hasIssued = (issuer: X509Certificate, certificate: X509Certificate): boolean => {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
};

/** Whether certificates are those of one chain from `leaf` on, each once, and none besides. */
export const formChain = (leaf: X509Certificate, certificates: readonly X509Certificate[]): boolean => {
  const left = new Set(certificates);
  for (let last: X509Certificate | undefined = leaf; last !== undefined; ) {
    left.delete(last);
    const issued: X509Certificate = last;
    last = [...left].find((one) => hasIssued(one, issued));
  }
  return left.size === 0;
};

/** Whether a certificate rests on nothing but itself, as roots do. */
export const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);

const strangerTo = (leaf: X509Certificate, last: X509Certificate): Checked<never> =>
  wrong(
    'key-unknown',
    `The key of ${nameOf(leaf)} is not known here: no trusted certificate leads to it. It was issued by ${issuerNameOf(last)}; its SHA-256 fingerprint is ${leaf.fingerprint256}.`,
  );

const checkOne = (
  certificate: X509Certificate,
  depth: number,
  isAnchor: boolean,
  at: Millis,
): Checked<undefined> => {
  const validity = checkValidity(certificate, at);
  if (!validity.ok) return validity;
  const unfit = (why: string) =>
    wrong('certificate-unfit', `The certificate of ${nameOf(certificate)} ${why}.`);
  const parsed = Certificate.fromBER(certificate.raw);
  const critical = parsed.extensions?.find(({ critical, extnID }) => critical && !understood.has(extnID));
  if (critical !== undefined)
    return unfit(`has a critical extension that is not understood (${critical.extnID})`);
  if (!isAnchor && !soundAlgorithms.has(parsed.signatureAlgorithm.algorithmId))
    return unfit('is signed with an algorithm that can be forged');
  if (depth === 0) return { ok: true, value: undefined };
  if (!certificate.ca || !mayBeUsed(parsed, keyUsages.keyCertSign))
    return unfit('may not issue certificates');
  const constraints = extensionOf(parsed, extensionIds.basicConstraints);
  const longest = constraints instanceof BasicConstraints ? constraints.pathLenConstraint : undefined;
  if (typeof longest === 'number' && depth - 1 > longest)
    return unfit('may not have so many issuers below it');
  return { ok: true, value: undefined };
};

/** Whether a certificate is valid at a moment, in words where it is not. */
export const checkValidity = (certificate: X509Certificate, at: Millis): Checked<undefined> => {
  const said = `The certificate of ${nameOf(certificate)}`;
  const { validFromDate, validToDate } = certificate;
  const moment = new Date(at).toISOString();
  if (at < validFromDate.getTime())
    return wrong(
      'certificate-not-yet-valid',
      `${said} is valid only from ${validFromDate.toISOString()}; this is about ${moment}.`,
    );
  if (at > validToDate.getTime())
    return wrong(
      'certificate-expired',
      `${said} expired at ${validToDate.toISOString()}; this is about ${moment}.`,
    );
  return { ok: true, value: undefined };
};

const extensionOf = (certificate: Certificate, id: string): unknown =>
  certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue;

/** A certificate without key usage may be used for everything (RFC 5280, 4.2.1.3). */
const mayBeUsed = (certificate: Certificate, bits: number): boolean => {
  const usage = extensionOf(certificate, extensionIds.keyUsage);
  if (usage === undefined) return true;
  return usage instanceof BitString && ((usage.valueBlock.valueHexView[0] ?? 0) & bits) !== 0;
};

/** Whether documents may be signed with a certificate: its key usage, and a key that cannot be broken today. */
export const checkMaySign = (certificate: X509Certificate): Checked<undefined> => {
  const unfit = (why: string) =>
    wrong('certificate-unfit', `The certificate of ${nameOf(certificate)} ${why}.`);
  if (!mayBeUsed(Certificate.fromBER(certificate.raw), keyUsages.digitalSignature | keyUsages.nonRepudiation))
    return unfit('may not sign: its key usage has neither digitalSignature nor nonRepudiation');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const fits =
    (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
    (type === 'ec' && (details?.namedCurve === 'prime256v1' || details?.namedCurve === 'secp384r1'));
  return fits
    ? { ok: true, value: undefined }
    : unfit('has a key that is neither RSA of 2048 bits, P-256 nor P-384');
};

/** RFC 3161, 2.3: a timestamp authority's certificate is for nothing else, and says so critically. */
export const checkMayStamp = (certificate: X509Certificate): Checked<undefined> => {
  const found = Certificate.fromBER(certificate.raw).extensions?.find(
    ({ extnID }) => extnID === extensionIds.extKeyUsage,
  );
  const usage: unknown = found?.parsedValue;
  const fits =
    found?.critical === true &&
    usage instanceof ExtKeyUsage &&
    usage.keyPurposes.length === 1 &&
    usage.keyPurposes[0] === timeStamping;
  return fits
    ? { ok: true, value: undefined }
    : wrong(
        'timestamp-invalid',
        `The certificate of ${nameOf(certificate)} is not one of a timestamp authority.`,
      );
};
