import { type KeyObject, sign, type X509Certificate } from 'node:crypto';
import type { Millis } from '../../schemas/instant.ts';
import { checkMaySign, isSelfSigned, nameOf, pathToTrust } from './certificates.ts';
import { type Checked, wrong } from './problem.ts';

/** A key that signs documents, wherever it lies, and the certificates that speak for it. */
export interface DocumentSigner {
  /** The key's own first; then those that lead on from it. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** Certificates that the chain must lead to; absent: a self-signed one of its own. */
  readonly anchors?: readonly X509Certificate[];
  /**
   * Signs SHA-256 of `bytes`: RSA by PKCS #1 v1.5, since pdfsig and older readers know no PSS; ECDSA in DER.
   * Rejects where the key cannot be reached.
   */
  sign(bytes: Buffer): Promise<Buffer>;
}

/** A signer whose key is held in memory, as a key file's is. */
export const heldSigner = (
  key: KeyObject,
  certificates: DocumentSigner['certificates'],
  anchors?: readonly X509Certificate[],
): DocumentSigner => ({
  certificates,
  ...(anchors !== undefined && { anchors }),
  sign: async (bytes) => sign('sha256', bytes, key),
});

/**
 * Whether a signer may sign at `at`: its certificates are valid, lead to an anchor, and are for signing. Gives the
 * certificates that belong into the signature, in order; a root is for whoever trusts it to have already.
 */
export const checkSignerAt = (
  signer: DocumentSigner,
  at: Millis,
): Checked<DocumentSigner['certificates']> => {
  const [own, ...others] = signer.certificates;
  const fits = checkMaySign(own);
  if (!fits.ok) return fits;
  const anchors = signer.anchors ?? signer.certificates.filter(isSelfSigned);
  const path = pathToTrust(own, others, anchors, at);
  if (path.ok) return { ok: true, value: [own, ...path.value.slice(1).filter((one) => !isSelfSigned(one))] };
  if (path.problem.code !== 'key-unknown') return path;
  return wrong('key-unknown', `The certificates of ${nameOf(own)} do not lead to one that is trusted.`);
};
