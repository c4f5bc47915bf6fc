import { generateKeyPairSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Millis } from '../../schemas/instant.ts';
import { KeysRefused } from '../vault/master-key.ts';
import { issueCertificate } from './issue.ts';

const twoYearsMs = 2 * 365 * 86_400_000;
const commonName = 'Consent Ledger (self-signed)';

/**
 * Makes a P-256 key for its owner alone, and a certificate that nobody but itself vouches for: valid for two years.
 * Gives the certificate's SHA-256 fingerprint. Rejects with KeysRefused where one of the files is there already.
 */
export const makeSelfSigned = async (
  { keyFile, certificatesFile }: { readonly keyFile: string; readonly certificatesFile: string },
  now: Millis,
): Promise<string> => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const from = Math.floor(now / 1000) * 1000;
  const terms = { commonName, publicKey, from, until: from + twoYearsMs, usage: 'digitalSignature' } as const;
  const certificate = await issueCertificate(terms, privateKey);
  await writeNew(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), 0o600);
  await writeNew(certificatesFile, String(certificate), 0o644);
  return certificate.fingerprint256;
};

const writeNew = async (path: string, text: string | Buffer, mode: number): Promise<void> => {
  try {
    await using handle = await open(path, 'wx', mode);
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new KeysRefused(`${path} is there already; keys are never overwritten`);
    throw new KeysRefused(`${path} cannot be written (${code})`);
  }
};
