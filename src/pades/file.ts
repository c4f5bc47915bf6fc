import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { RandomAccess } from './random-access.ts';

/** A file, read where it is asked about; to be closed. Throws where it cannot be opened or read. */
export const openPdfFile = (path: string): RandomAccess & { close(): void } => {
  const descriptor = openSync(path, 'r');
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
    close: () => closeSync(descriptor),
  };
};
