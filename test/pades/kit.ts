import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, type X509Certificate } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import PDFDocument from 'pdfkit';
import { addSignaturePlaceholder } from '../../reports/signature-field.ts';
import { type CertificateTerms, issueCertificate } from '../../src/pades/issue.ts';
import { inMemory } from '../../src/pades/random-access.ts';
import { type SigningParts, signPdf } from '../../src/pades/sign.ts';
import { type DocumentSigner, heldSigner } from '../../src/pades/signer.ts';

export const day = 86_400_000;
/** When the documents of these tests are signed. */
export const signedAt = Date.UTC(2026, 10, 20, 9, 30);

/** A certificate, and the key that it speaks for. */
export interface Identity {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A key, P-256 unless it is given, with its certificate: issued by `issuer`, or self-signed. */
export const identityOf = async (
  terms: Partial<CertificateTerms>,
  issuer?: Identity,
  { publicKey, privateKey } = newKeys(),
): Promise<Identity> => {
  const usual = {
    commonName: 'Report signer',
    publicKey,
    from: signedAt - 30 * day,
    until: signedAt + 30 * day,
    usage: 'digitalSignature',
  } as const;
  const key = issuer?.key ?? privateKey;
  return {
    certificate: await issueCertificate({ ...usual, ...terms }, key, issuer?.certificate),
    key: privateKey,
  };
};

/** A root, an issuer below it, and a signer below that. */
export const hierarchy = async (terms: Partial<CertificateTerms> = {}, keys = newKeys()) => {
  const mayIssue = { usage: 'keyCertSign', issuer: {} } as const;
  const root = await identityOf({ commonName: 'Root', ...mayIssue });
  const issuer = await identityOf({ commonName: 'Issuer', ...mayIssue, issuer: { pathLength: 0 } }, root);
  const leaf = await identityOf(terms, issuer, keys);
  return { root, issuer, leaf };
};

/** The signer of a hierarchy, held to its root. */
export const signerOf = ({ root, issuer, leaf }: Awaited<ReturnType<typeof hierarchy>>): DocumentSigner =>
  heldSigner(leaf.key, [leaf.certificate, issuer.certificate], [root.certificate]);

/** Writes a small tagged PDF/A-3 with an attachment and an empty signature. */
export const writeUnsigned = async (path: string, attachments = ['evidence.jsonl']): Promise<void> => {
  const options = { pdfVersion: '1.7', subset: 'PDF/A-3a', tagged: true, lang: 'en', font: null };
  const document = new PDFDocument(options as unknown as PDFKit.PDFDocumentOptions);
  const file = document.pipe(createWriteStream(path));
  const form = document.struct('Form');
  document.addStructure(form);
  addSignaturePlaceholder(document, { label: 'Signature', structParent: form });
  form.end();
  document.rect(100, 100, 50, 50).fill('black');
  for (const name of attachments) {
    document.file(evidenceOf(name), { name, type: 'application/jsonl' });
  }
  document.end();
  await finished(file);
};

/** What is attached under a name. */
export const evidenceOf = (name: string): Buffer => Buffer.from(`{"attached":"${name}"}\n`.repeat(500));

/** `signPdf` on a file. */
export const signFile = async (path: string, parts: SigningParts) => {
  const document = await readFile(path);
  const signed = await signPdf(inMemory(document), parts);
  await writeFile(path, document);
  return signed;
};

/** Writes a PDF and signs it at `signedAt`. */
export const writeSigned = async (path: string, signer: DocumentSigner): Promise<void> => {
  await writeUnsigned(path);
  const signed = await signFile(path, { signer, clock: () => signedAt });
  if (!signed.ok) throw new Error(signed.problem.detail);
};

/** What a program says and answers, on both of its outputs; undefined where it is not installed. */
export const runTool = (
  command: string,
  ...parameters: string[]
): { readonly status: number | null; readonly text: string } | undefined => {
  const { error, status, stdout, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
  return error === undefined ? { status, text: `${stdout}${stderr}` } : undefined;
};

/** Why a test that needs programs is skipped: which of them is missing. False where none is. */
export const withoutTools = (...commands: string[]): string | false => {
  const missing = commands.filter((command) => runTool(command, '--version') === undefined);
  return missing.length > 0 && `${missing.join(', ')} not installed`;
};

export const writePem = (path: string, certificates: readonly X509Certificate[]): Promise<void> =>
  writeFile(path, certificates.map(String).join(''));

/** The CMS in the signature of a document, and the bytes that it covers. */
export const partsOf = (pdf: Buffer): { readonly cms: Buffer; readonly covered: Buffer } => {
  const [, from, to] = /\/ByteRange \[0 (\d+) (\d+) /.exec(pdf.toString('latin1'))!.map(Number);
  const contents = Buffer.from(pdf.toString('latin1', from! + 1, to! - 1), 'hex');
  const cms = contents.subarray(0, 4 + contents.readUInt16BE(2));
  return { cms, covered: Buffer.concat([pdf.subarray(0, from), pdf.subarray(to)]) };
};
