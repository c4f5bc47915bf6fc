import type { Millis } from '../../schemas/instant.ts';
import type { Config } from '../config.ts';
import { nameOf } from '../pades/certificates.ts';
import { makeSelfSigned } from '../pades/self-signed.ts';
import { checkSignerAt } from '../pades/signer.ts';
import { openReportSigning, type ReportSigningPlaces, selfSignedFiles } from '../report-signing.ts';

/**
 * `consent-ledger keys init-report-signer`: a key of its own with which reports are signed, for trying out and for
 * whoever needs no authority; rejects with KeysRefused where there is one.
 */
export const initReportSignerCommand = async (
  { keysFolder }: Pick<Config, 'keysFolder'>,
  now: Millis,
): Promise<string> => {
  const files = selfSignedFiles(keysFolder);
  const fingerprint = await makeSelfSigned(files, now);
  return [
    `A key that signs reports, in ${files.keyFile}, with its certificate in ${files.certificatesFile}.`,
    'The certificate is self-signed: no authority vouches for it, and the readers of a report are told so.',
    'Give it to them by a way that they trust, and let them compare its SHA-256 fingerprint:',
    fingerprint,
  ].join('\n');
};

/**
 * `consent-ledger keys check-report-signer`: opens what signs reports, signs with it, and has that stamped where an
 * authority is configured. Rejects with what is wrong, in a sentence.
 */
export const checkReportSignerCommand = async (places: ReportSigningPlaces, now: Millis): Promise<string> => {
  const { signer, timestampAuthority } = await openReportSigning(places);
  const checked = checkSignerAt(signer, now);
  if (!checked.ok) throw new Error(checked.problem.detail);
  const [certificate] = signer.certificates;
  const signature = await signer.sign(Buffer.from('check'));
  const stamped = await timestampAuthority?.stamp(signature);
  if (stamped?.ok === false) throw new Error(stamped.problem.detail);
  return [
    `${nameOf(certificate)} signs reports; its certificate is valid until ${certificate.validToDate.toISOString()}.`,
    `SHA-256 fingerprint: ${certificate.fingerprint256}`,
    stamped === undefined
      ? 'No timestamp authority is configured: a report says itself when it was signed.'
      : `The timestamp authority answers: it says that it is ${new Date(stamped.value.time).toISOString()}.`,
  ].join('\n');
};
