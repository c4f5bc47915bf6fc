import { createHash } from 'node:crypto';
import type { ExportFile } from './export-file.ts';
import { release } from './release.ts';

const chunkBytes = 64 * 1024;
/** Chunks in one transaction; until the last of them the file does not say that there is a document. */
const chunksTogether = 256;

/**
 * The document of an export while it is made: bytes that are written at the end, read anywhere, and overwritten in
 * place, as a signature is filled in; never in clear on a disk.
 */
export class SealedDocument {
  readonly #file: ExportFile;
  #length = 0;
  /** What is behind the last whole chunk: so many bytes of these. */
  readonly #held = Buffer.alloc(chunkBytes);
  #waiting = 0;

  /** Begins anew. */
  constructor(file: ExportFile) {
    this.#file = file;
    file.drop('document');
  }

  get size(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const some = bytes.subarray(at, at + chunkBytes - this.#waiting);
      this.#held.set(some, this.#waiting);
      this.#waiting += some.length;
      this.#length += some.length;
      at += some.length;
      if (this.#waiting === chunkBytes) this.#writeWhole();
    }
  }

  read(offset: number, length: number): Buffer {
    const end = Math.min(offset + length, this.#length);
    const pieces: Buffer[] = [];
    for (let at = offset; at < end; ) {
      const { plain, start } = this.#chunkAt(at);
      const piece = plain.subarray(at - start, end - start);
      pieces.push(piece);
      at += piece.length;
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** Puts bytes in the place of others; throws RangeError beyond the end. */
  write(offset: number, bytes: Buffer): void {
    if (offset + bytes.length > this.#length) throw new RangeError('what is not there cannot be overwritten');
    for (let at = offset; at < offset + bytes.length; ) {
      const { plain, start } = this.#chunkAt(at);
      const copied = bytes.copy(plain, at - start, at - offset);
      if (start < this.#length - this.#waiting)
        this.#file.write('document', start / chunkBytes, false, plain);
      at += copied;
    }
  }

  /** Writes what waits, and gives the SHA-256 of all of it in lower-case hex. */
  finish(): { readonly sha256: string; readonly bytes: number } {
    this.#file.write('document', this.#whole(), true, this.#tail());
    const digest = createHash('sha256');
    for (const chunk of this.#file.readAll('document')) {
      digest.update(chunk);
      release(chunk);
    }
    return { sha256: digest.digest('hex'), bytes: this.#length };
  }

  /** The chunk in which a byte stands, and where it begins. */
  #chunkAt(offset: number): { readonly plain: Buffer; readonly start: number } {
    const start = offset - (offset % chunkBytes);
    return start < this.#length - this.#waiting
      ? { plain: this.#file.read('document', start / chunkBytes).plain, start }
      : { plain: this.#tail(), start };
  }

  #tail(): Buffer {
    return this.#held.subarray(0, this.#waiting);
  }

  #writeWhole(): void {
    this.#waiting = 0;
    const number = this.#whole() - 1;
    this.#file.write('document', number, false, this.#held);
    if (number % chunksTogether === chunksTogether - 1) this.#file.save();
  }

  /** How many chunks are written, or whole. */
  #whole(): number {
    return (this.#length - this.#waiting) / chunkBytes;
  }
}
