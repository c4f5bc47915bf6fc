import { Readable } from 'node:stream';
import { createDeflate } from 'node:zlib';
import { Offsets } from './offsets.ts';
import type { PdfkitDocument, Ref } from './pdfkit.ts';

/** Where the bytes of the document go, one chunk after the other. */
export type Write = (chunk: Uint8Array) => Promise<void>;

/** Of zlib: a third of the time that its default takes, for a fifteenth more of bytes. */
export const level = 3;

const chunkBytes = 65_536;

/**
 * The bytes of a pdfkit document on their way out. pdfkit's own stream holds all that nobody has read yet, and
 * its cross-reference table is written in one go; here both leave in chunks.
 */
export class PdfFile {
  readonly pdf: PdfkitDocument;
  private readonly write: Write;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private readonly offsets = new Offsets();

  constructor(pdf: PdfkitDocument, write: Write) {
    this.pdf = pdf;
    this.write = write;
    this.hold(pdf.read() ?? new Uint8Array());
    pdf._write = (data) => {
      const bytes = data instanceof Uint8Array ? data : Buffer.from(`${data}\n`, 'latin1');
      this.hold(bytes);
      pdf._offset += bytes.length;
    };
    this.keepOffsets();
    // Called when the last object has been written; the table follows in `end`.
    pdf._finalize = () => {};
  }

  /** Where objects stand is kept packed: in a large document there are millions. */
  private keepOffsets(): void {
    const { pdf, offsets } = this;
    const Reference = pdf._root.constructor as new (
      document: PdfkitDocument,
      id: number,
      data?: unknown,
    ) => Ref;
    for (const offset of pdf._offsets) offsets.add(offset ?? 0);
    pdf.ref = (data) => new Reference(pdf, offsets.add(0), data);
    pdf._refEnd = (ref) => offsets.set(ref.id, ref.offset ?? 0);
  }

  /** Hands on what is held, once there is enough of it. */
  async drain(atLeast: number = chunkBytes): Promise<void> {
    if (this.heldBytes < atLeast) return;
    const chunk = Buffer.concat(this.held);
    this.held = [];
    this.heldBytes = 0;
    if (chunk.length > 0) await this.write(chunk);
  }

  /**
   * Writes a stream object, deflated, whose length is known when it ends (hence in an object of its own).
   * `dictionary` is the text inside `<< >>`.
   */
  async stream(dictionary: string, bytes: AsyncIterable<Uint8Array>): Promise<Ref> {
    const { pdf } = this;
    const stream = pdf.ref();
    const length = pdf.ref(0);
    stream.offset = pdf._offset;
    pdf._write(`${stream.id} 0 obj\n<<\n${dictionary}\n/Filter /FlateDecode\n/Length ${length}\n>>\nstream`);
    const begun = pdf._offset;
    const deflated = Readable.from(inChunks(bytes)).compose(createDeflate({ level }));
    for await (const chunk of deflated) {
      pdf._write(chunk);
      await this.drain();
    }
    const written = pdf._offset - begun;
    pdf._write('\nendstream\nendobj');
    pdf._refEnd(stream);
    length.data = written as unknown as Ref['data'];
    length.end();
    return stream;
  }

  /** Ends the document: all objects that are open, the cross-reference table and the trailer. */
  async end(): Promise<void> {
    const { pdf } = this;
    pdf.end();
    const xref = pdf._offset;
    const size = this.offsets.count + 1;
    pdf._write(`xref\n0 ${size}\n0000000000 65535 f `);
    for (const entries of this.offsets.chunks()) {
      pdf._write(Array.from(entries, (offset) => `${String(offset).padStart(10, '0')} 00000 n `).join('\n'));
      await this.drain();
    }
    const id = `<${Buffer.from(pdf._id).toString('hex')}>`;
    const trailer = `/Size ${size}\n/Root ${pdf._root}\n/Info ${pdf._info}\n/ID [${id} ${id}]`;
    pdf._write(`trailer\n<<\n${trailer}\n>>\nstartxref\n${xref}\n%%EOF`);
    await this.drain(0);
  }

  private hold(bytes: Uint8Array): void {
    this.held.push(bytes);
    this.heldBytes += bytes.length;
  }
}

/** The same bytes in chunks of some size, as each costs a turn of the thread that deflates. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of bytes) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < chunkBytes) continue;
    yield Buffer.concat(held);
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
