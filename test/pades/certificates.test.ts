import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { it } from 'node:test';
import { Null } from 'asn1js';
import { Certificate, Extension } from 'pkijs';
import { checkMaySign, checkMayStamp, pathToTrust, timeStamping } from '../../src/pades/certificates.ts';
import type { Checked } from '../../src/pades/problem.ts';
import { hierarchy, type Identity, identityOf, signedAt } from './kit.ts';

const problemOf = (checked: Checked<unknown>) => (checked.ok ? 'fits' : checked.problem.detail);

/** A certificate with something changed in it, signed anew by its issuer. */
const reissued = async (
  { certificate }: Identity,
  issuer: Identity,
  change: (parsed: Certificate) => void,
  hash = 'SHA-256',
): Promise<X509Certificate> => {
  const parsed = Certificate.fromBER(certificate.raw);
  change(parsed);
  await parsed.sign(issuer.key.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']), hash);
  return new X509Certificate(Buffer.from(parsed.toSchema().toBER()));
};

it('what is not understood, or can be forged, leads to nobody who is trusted', async () => {
  const { root, issuer, leaf } = await hierarchy();
  const pathOf = (certificate: X509Certificate) =>
    problemOf(pathToTrust(certificate, [issuer.certificate], [root.certificate], signedAt));
  const unchanged = () => {};
  const withExtension = (critical: boolean) => (parsed: Certificate) => {
    const extnValue = new Null().toBER();
    parsed.extensions!.push(new Extension({ extnID: '1.2.3.4', critical, extnValue }));
  };
  assert.equal(pathOf(await reissued(leaf, issuer, unchanged)), 'fits');
  assert.equal(pathOf(await reissued(leaf, issuer, withExtension(false))), 'fits');
  const notUnderstood = pathOf(await reissued(leaf, issuer, withExtension(true)));
  assert.match(notUnderstood, /has a critical extension that is not understood \(1\.2\.3\.4\)/);
  const bySha1 = pathOf(await reissued(leaf, issuer, unchanged, 'SHA-1'));
  assert.match(bySha1, /is signed with an algorithm that can be forged/);
});

it('documents are signed with keys that cannot be broken today', async () => {
  const { issuer } = await hierarchy();
  const fitness = async (keys: Parameters<typeof identityOf>[2]) => {
    const { certificate } = await identityOf({ publicKey: keys!.publicKey }, issuer, keys);
    return problemOf(checkMaySign(certificate));
  };
  assert.equal(await fitness(generateKeyPairSync('rsa', { modulusLength: 2048 })), 'fits');
  assert.equal(await fitness(generateKeyPairSync('ec', { namedCurve: 'P-384' })), 'fits');
  const weak = /has a key that is neither RSA of 2048 bits, P-256 nor P-384/;
  assert.match(await fitness(generateKeyPairSync('rsa', { modulusLength: 1024 })), weak);
  assert.match(await fitness(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })), weak);
});

it('only a certificate that is for timestamps, and for nothing else, vouches for a time', async () => {
  const clientAuthentication = '1.3.6.1.5.5.7.3.2';
  const fitness = async (purposes?: readonly string[]) => {
    const { certificate } = await identityOf(purposes === undefined ? {} : { purposes });
    return problemOf(checkMayStamp(certificate));
  };
  assert.equal(await fitness([timeStamping]), 'fits');
  for (const other of [undefined, [clientAuthentication], [timeStamping, clientAuthentication]])
    assert.match(await fitness(other), /is not one of a timestamp authority/);
  const root = await identityOf({});
  const authority = await identityOf({ purposes: [timeStamping] }, root);
  const uncritical = await reissued(authority, root, ({ extensions }) => {
    for (const extension of extensions!) extension.critical = false;
  });
  assert.match(problemOf(checkMayStamp(uncritical)), /is not one of a timestamp authority/);
});
