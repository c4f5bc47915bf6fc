import { type KeyObject, X509Certificate } from 'node:crypto';
import { BitString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  PublicKeyInfo,
} from 'pkijs';
import type { Millis } from '../../schemas/instant.ts';
import { extensionIds, keyUsages } from './certificates.ts';
import { randomInteger } from './random.ts';

export interface CertificateTerms {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly from: Millis;
  readonly until: Millis;
  readonly usage: keyof typeof keyUsages;
  /** Whether it may issue certificates, and how many issuers may stand between it and others. */
  readonly issuer?: { readonly pathLength?: number };
  /** Object identifiers of extended key usages; critical. */
  readonly purposes?: readonly string[];
}

/** Issues a certificate with an EC P-256 key: that of its `issuer`, or, without one, its own (self-signed). */
export const issueCertificate = async (
  terms: CertificateTerms,
  key: KeyObject,
  issuer?: X509Certificate,
): Promise<X509Certificate> => {
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = randomInteger();
  certificate.notBefore.value = new Date(terms.from);
  certificate.notAfter.value = new Date(terms.until);
  certificate.subject.typesAndValues = [
    new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: terms.commonName }) }),
  ];
  certificate.issuer = issuer === undefined ? certificate.subject : Certificate.fromBER(issuer.raw).subject;
  const spki = terms.publicKey.export({ format: 'der', type: 'spki' });
  certificate.subjectPublicKeyInfo = PublicKeyInfo.fromBER(spki);
  certificate.extensions = extensionsOf(terms);
  const signingKey = key.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  await certificate.sign(signingKey, 'SHA-256');
  return new X509Certificate(Buffer.from(certificate.toSchema().toBER()));
};

const extensionsOf = ({ usage, issuer, purposes }: CertificateTerms): Extension[] => {
  const critical = (extnID: string, value: { toBER(): ArrayBuffer }) =>
    new Extension({ extnID, critical: true, extnValue: value.toBER() });
  const { pathLength } = issuer ?? {};
  const limit = pathLength === undefined ? {} : { pathLenConstraint: pathLength };
  const constraints = new BasicConstraints({ cA: issuer !== undefined, ...limit });
  const bits = new BitString({ valueHex: Uint8Array.of(keyUsages[usage]).buffer });
  return [
    critical(extensionIds.basicConstraints, constraints.toSchema()),
    critical(extensionIds.keyUsage, bits),
    ...(purposes === undefined
      ? []
      : [critical(extensionIds.extKeyUsage, new ExtKeyUsage({ keyPurposes: [...purposes] }).toSchema())]),
  ];
};
