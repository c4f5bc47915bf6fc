import { packageFileName } from '../../schemas/export/package.ts';
import {
  type Attachment,
  attachmentsOf,
  ForeignPdf,
  openPdf,
  type Pdf,
  type RandomAccess,
  type SignatureVerdict,
  type Trust,
  verifyPdfSignature,
} from '../pades/port.ts';
import type { PackageTrust } from './begin.ts';
import { faultAt } from './fault.ts';
import { verifyPackage } from './package.ts';
import { type PagesVerdict, type Render, verifyPages } from './pages.ts';
import { type PackageVerdict, verdictOf } from './verdict.ts';

/** What is trusted beforehand. */
export interface DocumentTrust {
  /** For what the ledger signed. */
  readonly ledger: PackageTrust;
  /** For who signed the document, and when. */
  readonly document: Trust;
}

/** What a document is: signed, with evidence attached, and with pages that show what is attached. */
export interface DocumentVerdict {
  readonly valid: boolean;
  readonly signature: SignatureVerdict;
  /** Absent where none can be taken out of the file: `fault` says why. */
  readonly evidence?: PackageVerdict;
  /** Absent where the evidence does not hold: then the pages mean nothing either. */
  readonly pages?: PagesVerdict;
  /** A sentence. */
  readonly fault?: string;
}

/**
 * Verifies an export as a document: its signature, the evidence attached to it, and that the pages shown are those
 * that follow from the evidence. Reads in pieces; any bytes give a verdict. Rejects only where they cannot be read.
 */
export const verifyDocument = async (
  bytes: RandomAccess,
  trust: DocumentTrust,
  render: Render,
): Promise<DocumentVerdict> => {
  const signature = verifyPdfSignature(bytes, trust.document);
  const opened = evidenceIn(bytes);
  if (typeof opened === 'string') return { valid: false, signature, fault: opened };
  const { pdf, attachment } = opened;
  const evidence = await verifyAttachment(attachment, trust.ledger);
  if (!evidence.valid) return { valid: false, signature, evidence };
  const pages = await verifyPages(pdf, attachment, render);
  return { valid: signature.valid && pages.valid, signature, evidence, pages };
};

/** The evidence attached to a document; why there is none, as a sentence. */
export const evidenceIn = (
  bytes: RandomAccess,
): { readonly pdf: Pdf; readonly attachment: Attachment } | string => {
  try {
    const pdf = openPdf(bytes);
    const attachments = attachmentsOf(pdf);
    if (!attachments.ok) return attachments.problem.detail;
    const attachment = attachments.value.get(packageFileName);
    return attachment === undefined
      ? `The document brings no attachment of the name ${packageFileName}.`
      : { pdf, attachment };
  } catch (error) {
    if (!(error instanceof ForeignPdf)) throw error;
    return `Nothing can be taken out of the file: ${error.message}.`;
  }
};

const verifyAttachment = async (attachment: Attachment, trust: PackageTrust): Promise<PackageVerdict> => {
  try {
    return await verifyPackage(attachment.content(), trust);
  } catch (error) {
    if (!(error instanceof ForeignPdf)) throw error;
    return verdictOf(faultAt('unreadable', error.message), undefined);
  }
};
