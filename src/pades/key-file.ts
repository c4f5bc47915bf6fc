import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { KeysRefused, requirePrivate } from '../vault/master-key.ts';
import { certificatesOf, nameOf } from './certificates.ts';
import { type DocumentSigner, heldSigner } from './signer.ts';

/** Where a key and its certificates are, in files. */
export interface KeyFilePlaces {
  /** PKCS #8 in PEM, not encrypted, readable by its owner alone. */
  readonly keyFile: string;
  /** PEM: the key's own certificate first, then those that lead on from it. */
  readonly certificatesFile: string;
  /** PEM: what the chain must lead to; absent: a self-signed certificate of its own. */
  readonly anchorsFile?: string | undefined;
}

/** Opens a signer whose key is a file. Rejects with KeysRefused, in a sentence for the operator. */
export const openKeyFileSigner = async (places: KeyFilePlaces): Promise<DocumentSigner> => {
  const { keyFile, certificatesFile, anchorsFile } = places;
  await requireSecret(keyFile, 'the key that signs reports');
  const key = await privateKeyIn(keyFile);
  const certificates = await readCertificates(certificatesFile);
  if (!certificates[0].checkPrivateKey(key))
    throw new KeysRefused(
      `${keyFile} is not the key of ${nameOf(certificates[0])} in ${certificatesFile}`,
      keyFile,
    );
  return heldSigner(key, certificates, await readAnchors(anchorsFile));
};

/** Refuses a secret of this kind that is not there, or not its owner's alone. Rejects with KeysRefused. */
export const requireSecret = async (file: string, kind: string): Promise<void> => {
  if (!existsSync(file)) throw new KeysRefused(`${file}, ${kind}, is not there`, file);
  await requirePrivate(file, 'file');
};

const privateKeyIn = async (file: string): Promise<KeyObject> => {
  const pem = await readFile(file);
  try {
    return createPrivateKey(pem);
  } catch {
    throw new KeysRefused(`${file} does not hold a private key (PKCS #8 in PEM, not encrypted)`, file);
  }
};

/** The certificates of a PEM file. Rejects with KeysRefused. */
export const readCertificates = async (
  file: string,
): Promise<readonly [X509Certificate, ...X509Certificate[]]> => {
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new KeysRefused(`${file} cannot be read (${error.code})`, file);
  });
  try {
    const [first, ...others] = certificatesOf(pem);
    return [first!, ...others];
  } catch {
    throw new KeysRefused(`${file} does not hold certificates (PEM)`, file);
  }
};

/** The certificates that a chain must lead to, where a file of them is given. Rejects with KeysRefused. */
export const readAnchors = async (
  file: string | undefined,
): Promise<readonly X509Certificate[] | undefined> =>
  file === undefined ? undefined : readCertificates(file);
