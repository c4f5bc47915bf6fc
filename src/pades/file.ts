import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { Checked } from './problem.ts';
import type { RandomAccess, WritableAccess } from './random-access.ts';
import { type SignedPdf, type SigningParts, signPdf } from './sign.ts';

/** A file, read where it is asked about; to be closed. Throws where it cannot be opened or read. */
export const openPdfFile = (path: string): RandomAccess & { close(): void } => {
  const descriptor = openSync(path, 'r');
  return { ...readable(descriptor), close: () => closeSync(descriptor) };
};

const readable = (descriptor: number): RandomAccess => {
  const { size } = fstatSync(descriptor);
  return {
    size,
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
      let done = 0;
      while (done < bytes.length) {
        const read = readSync(descriptor, bytes, done, bytes.length - done, offset + done);
        if (read === 0) throw new Error('the file became shorter while it was read');
        done += read;
      }
      return bytes;
    },
  };
};

/** `signPdf` on a file, which is on the disk when it is done. */
export const signPdfFile = async (path: string, parts: SigningParts): Promise<Checked<SignedPdf>> => {
  const descriptor = openSync(path, 'r+');
  const document: WritableAccess = {
    ...readable(descriptor),
    write: (offset, bytes) => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
    },
  };
  try {
    const signed = await signPdf(document, parts);
    fsyncSync(descriptor);
    return signed;
  } finally {
    closeSync(descriptor);
  }
};
