import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { renderReport } from '../../reports/report.ts';
import { parseVerifierKey } from '../evidence/signed-note.ts';
import { openPdfFile } from '../pades/file.ts';
import { certificatesOf, type RandomAccess } from '../pades/port.ts';
import { reportFonts } from '../report-fonts.ts';
import { type DocumentTrust, verifyDocument } from '../verifier/document.ts';
import { keptCheckpoint } from '../verifier/kept.ts';
import { verifyPackage } from '../verifier/package.ts';
import { type Words, wordsOfDocument, wordsOfPackage } from '../verifier/words.ts';
import type { Progress } from './progress.ts';

export interface VerifyOptions {
  readonly trust: string;
  readonly previous?: string;
  readonly json?: boolean;
}

/** A file that is not there or cannot be read, or holds no keys: nothing was verified. */
class CannotVerify extends Error {}

/** Exit codes of the command. */
export const exitCodes = { valid: 0, notValid: 1, notVerified: 2 } as const;

export interface Verified {
  readonly exitCode: number;
  /** The verdict, in words or as JSON. */
  readonly text: string;
}

/** How often a document is read: for its signature, its evidence (five times) and its pages. */
const timesRead = 7;

/**
 * Verifies an export, or the evidence taken out of one, from the file alone: no configuration, data folder or network.
 * `now`: by which certificates are judged that no timestamp vouches for.
 */
export const verifyCommand = async (
  file: string,
  options: VerifyOptions,
  now: number,
  progressOf: (title: string) => Progress,
): Promise<Verified> => {
  try {
    return await verified(file, options, now, progressOf);
  } catch (error) {
    if (!(error instanceof CannotVerify)) throw error;
    return { exitCode: exitCodes.notVerified, text: `Nothing was verified: ${error.message}.` };
  }
};

const verified = async (
  file: string,
  options: VerifyOptions,
  now: number,
  progressOf: (title: string) => Progress,
): Promise<Verified> => {
  const trust = await trustIn(options, now);
  const opened = await reading(file, async () => openPdfFile(file));
  const bytes = readable(opened, file);
  const progress = progressOf('Verifying');
  try {
    const isDocument = bytes.read(0, 5).toString('latin1') === '%PDF-';
    const counted = counting(bytes, bytes.size * (isDocument ? timesRead : 1), progress);
    const { verdict, words } = isDocument
      ? await onDocument(counted, trust)
      : await onPackage(counted, trust);
    const said = { file: basename(file), ...words, ...verdict };
    const exitCode = words.valid ? exitCodes.valid : exitCodes.notValid;
    return { exitCode, text: options.json ? JSON.stringify(said, null, 2) : textOf(file, words) };
  } finally {
    opened.close();
    progress.end();
  }
};

const onDocument = async (bytes: RandomAccess, trust: DocumentTrust) => {
  const fonts = reportFonts();
  const verdict = await verifyDocument(bytes, trust, (input, write) =>
    renderReport({ ...input, fonts }, write),
  );
  return { verdict, words: wordsOfDocument(verdict) };
};

const onPackage = async (bytes: RandomAccess, { ledger }: DocumentTrust) => {
  const evidence = await verifyPackage(chunksOf(bytes), ledger);
  return { verdict: { evidence }, words: wordsOfPackage(evidence) };
};

const chunkBytes = 1 << 20;
async function* chunksOf(bytes: RandomAccess): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.size; at += chunkBytes) yield bytes.read(at, chunkBytes);
}

const counting = (bytes: RandomAccess, total: number, progress: Progress): RandomAccess => {
  let done = 0;
  return {
    size: bytes.size,
    read: (offset, length) => {
      const read = bytes.read(offset, length);
      done += read.length;
      progress.show(Math.min(1, done / Math.max(1, total)), '');
      return read;
    },
  };
};

/** What is in the file of keys: PEM certificates, and verifier keys (C2SP vkey), one a line; a remark stands behind `#`, or behind a key. */
const trustIn = async ({ trust, previous }: VerifyOptions, now: number): Promise<DocumentTrust> => {
  const text = await reading(trust, () => readFile(trust, 'utf8'));
  const pem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
  const lines = text
    .replace(pem, '')
    .split('\n')
    .map((line) => line.trim());
  const keys = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => parseVerifierKey(line.split(/\s/)[0]!));
  if (!keys.every((key) => key !== undefined))
    throw new CannotVerify(`${trust} holds a line that is neither a key of a ledger nor a certificate`);
  if (keys.length === 0) throw new CannotVerify(`${trust} holds no key of a ledger (see keys verifiers)`);
  const note = previous === undefined ? undefined : await checkpointOf(previous);
  return {
    ledger: { trusted: keys, previous: note },
    document: { trusted: certificatesIn(text, trust), now },
  };
};

const checkpointOf = async (file: string): Promise<string> => {
  const opened = await reading(file, async () => openPdfFile(file));
  try {
    const note = await reading(file, () => keptCheckpoint(opened));
    if (note === undefined) throw new CannotVerify(`${file} holds no checkpoint`);
    return note;
  } finally {
    opened.close();
  }
};

const certificatesIn = (text: string, file: string) => {
  if (!text.includes('-----BEGIN')) return [];
  try {
    return certificatesOf(text);
  } catch {
    throw new CannotVerify(`${file} holds a certificate that is damaged`);
  }
};

/** A file whose every failure to be read is a CannotVerify. */
const readable = (bytes: RandomAccess, file: string): RandomAccess => ({
  size: bytes.size,
  read: (offset, length) => {
    try {
      return bytes.read(offset, length);
    } catch (error) {
      throw unreadable(file, error);
    }
  },
});

const reading = async <T>(file: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    throw unreadable(file, error);
  }
};

const unreadable = (file: string, error: unknown): CannotVerify =>
  new CannotVerify(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it was changed'})`);

const textOf = (file: string, { valid, checked, wrong, notChecked }: Words): string =>
  [
    ...checked.map((sentence) => `  ✓ ${sentence}`),
    ...(wrong === undefined ? [] : [`  ✗ ${wrong}`]),
    '',
    'Not checked:',
    ...notChecked.map((sentence) => `  - ${sentence}`),
    '',
    `${basename(file)} is ${valid ? 'valid' : 'NOT VALID'}.`,
  ].join('\n');
