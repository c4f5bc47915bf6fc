import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { openKeyFileSigner, readCertificates } from './pades/key-file.ts';
import { openPkcs11Signer } from './pades/pkcs11.ts';
import type { DocumentSigner, Problem, SigningParts } from './pades/port.ts';
import { openTimestampAuthority } from './pades/timestamp-authority.ts';
import type { Unsigned } from './reporting/thread.ts';
import { KeysRefused } from './vault/master-key.ts';

/** Where the key that signs reports is: paths and names alone, so that a thread can be told. */
export type ReportSigningPlaces = Pick<Config, 'keysFolder' | 'reportSigning'>;

/** What signs reports, and what vouches for the time where something does. */
export type ReportSigning = Pick<SigningParts, 'signer' | 'timestampAuthority'>;

/** The files of the self-signed key that `keys init-report-signer` makes. */
export const selfSignedFiles = (keysFolder: string) => ({
  keyFile: join(keysFolder, 'report-signer.key'),
  certificatesFile: join(keysFolder, 'report-signer.pem'),
});

/**
 * Opens what signs reports: the configured key, or else the self-signed one in the keys folder; with the timestamp
 * authority, where one is configured. Rejects with KeysRefused, in a sentence for the operator.
 */
export const openReportSigning = async ({
  keysFolder,
  reportSigning,
}: ReportSigningPlaces): Promise<ReportSigning> => {
  const signer = await openSigner(keysFolder, reportSigning);
  const { url, anchorsFile, timeoutMs } = reportSigning.timestamp;
  if (url === undefined || anchorsFile === undefined) return { signer };
  const trusted = await readCertificates(anchorsFile);
  return { signer, timestampAuthority: openTimestampAuthority({ url, trusted, timeoutMs }) };
};

const openSigner = (
  keysFolder: string,
  { keyFile, certificatesFile, anchorsFile, pkcs11 }: Config['reportSigning'],
): Promise<DocumentSigner> => {
  const { moduleFile: module, tokenLabel, keyLabel, pinFile } = pkcs11;
  if (certificatesFile === undefined) return openSelfSigned(keysFolder);
  if (keyFile !== undefined) return openKeyFileSigner({ keyFile, certificatesFile, anchorsFile });
  if (module === undefined || tokenLabel === undefined || keyLabel === undefined || pinFile === undefined)
    throw new KeysRefused('reportSigning names neither a key file nor a whole token');
  return openPkcs11Signer({ module, tokenLabel, keyLabel, pinFile, certificatesFile, anchorsFile });
};

const openSelfSigned = async (keysFolder: string): Promise<DocumentSigner> => {
  const files = selfSignedFiles(keysFolder);
  if (!existsSync(files.keyFile))
    throw new KeysRefused(
      'no key signs reports: configure reportSigning, or make a self-signed key with "keys init-report-signer"',
    );
  return openKeyFileSigner(files);
};

type Signing = Config['reportSigning'];

/** What rejected `openReportSigning`, for the log: its sentence may name a person, whose certificate it is. */
export const refusalUnsigned = (error: unknown, { reportSigning }: ReportSigningPlaces): Unsigned => {
  const file = error instanceof KeysRefused ? error.file : undefined;
  const named = Object.entries(filesIn(reportSigning)).find(([, one]) => one !== undefined && one === file);
  return { reason: 'setting-refused', setting: named?.[0] ?? keySetting(reportSigning) };
};

/** A problem of signing, for the log; without a setting where it is one of the document. */
export const problemUnsigned = ({ code }: Problem, { reportSigning }: ReportSigningPlaces): Unsigned => {
  if (code.startsWith('timestamp')) return { reason: code, setting: 'reportSigning.timestamp.url' };
  if (code.startsWith('certificate') || code === 'key-unknown')
    return { reason: code, setting: certificatesSetting(reportSigning) };
  return code.startsWith('key') ? { reason: code, setting: keySetting(reportSigning) } : { reason: code };
};

const keySetting = ({ certificatesFile, keyFile }: Signing): string => {
  if (certificatesFile === undefined) return 'keysFolder';
  return keyFile === undefined ? 'reportSigning.pkcs11' : 'reportSigning.keyFile';
};

const certificatesSetting = ({ certificatesFile }: Signing): string =>
  certificatesFile === undefined ? 'keysFolder' : 'reportSigning.certificatesFile';

const filesIn = ({ certificatesFile, keyFile, anchorsFile, pkcs11, timestamp }: Signing) => ({
  'reportSigning.certificatesFile': certificatesFile,
  'reportSigning.keyFile': keyFile,
  'reportSigning.anchorsFile': anchorsFile,
  'reportSigning.pkcs11.moduleFile': pkcs11.moduleFile,
  'reportSigning.pkcs11.pinFile': pkcs11.pinFile,
  'reportSigning.timestamp.anchorsFile': timestamp.anchorsFile,
});
