import { createInflate, inflateSync } from 'node:zlib';
import { findSignature, type Pdf, type PdfObject, type PdfValue, type RandomAccess } from '../pades/port.ts';
import type { Incoming } from './incoming.ts';

/** Where two documents differ: at an object of the file, by its number; or elsewhere. */
export interface Difference {
  readonly object?: number;
}

type Span = readonly [start: number, end: number];

/** Content of a page is far below; more is a bomb. */
const mostInflated = 1 << 28;
/** By how much a stream that says the same may be longer where another zlib wrote it, besides an eighth. */
const slack = 4096;

/**
 * Compares a document with the one that was rendered anew, object for object, in the order of the file: the text
 * of each and what its stream comes to. Left out are what signing fills in, the length of streams, which depends on
 * the zlib that wrote them, and the table of where objects stand, which was checked when the file was opened.
 *
 * `written`: the document rendered anew, as it comes. `attachment`: number of the object that both have the content
 * of, since the one is rendered from the other's. Throws where the file is not one of ours (ForeignPdf).
 */
export const differenceOf = async (
  pdf: Pdf,
  written: Incoming,
  attachment: number,
): Promise<Difference | undefined> => {
  const comparing = new Comparing(pdf, written, attachment);
  let at = 0;
  for (const object of pdf.objects()) {
    if (at === 0 && !(await comparing.isSame([0, object.start]))) return {};
    if (!(await comparing.isSameObject(object))) return { object: object.number };
    at = object.end;
  }
  return (await comparing.isSameTail(at)) ? undefined : {};
};

class Comparing {
  readonly #bytes: RandomAccess;
  readonly #pdf: Pdf;
  readonly #written: Incoming;
  readonly #attachment: number;
  /** The object that the length of the attachment stands in. */
  readonly #attachmentLength: number | undefined;
  /** What signing fills in, in the order of the file; as long before as after. */
  readonly #filledIn: readonly Span[];

  constructor(pdf: Pdf, written: Incoming, attachment: number) {
    this.#bytes = pdf.bytes;
    this.#pdf = pdf;
    this.#written = written;
    this.#attachment = attachment;
    this.#attachmentLength = referenceIn(lengthOf(pdf.object(attachment)));
    const slot = pdf.catalog.has('/AcroForm') ? findSignature(pdf) : undefined;
    const spans = slot?.ok ? [slot.value.byteRangeSpan, slot.value.contentsSpan, slot.value.timeSpan] : [];
    this.#filledIn = spans.toSorted(([a], [b]) => a - b);
  }

  /** Whether what comes next is what the file has here. */
  async isSame([start, end]: Span): Promise<boolean> {
    await this.#written.ready(end - start);
    return this.#written.take(end - start).equals(this.#bytes.read(start, end - start));
  }

  async isSameObject(object: PdfObject): Promise<boolean> {
    const { start, end, stream, text } = object;
    if (stream === undefined) return this.#isSameValue(object);
    if (object.number === this.#attachment) return this.#isSameAttachment(object, stream);
    // Of the attachment alone the length stands elsewhere, and the content is known to be the same.
    if (typeof lengthOf(object) !== 'number') return false;
    // Enough for all of it at once: most objects are small, and waiting for each part of them is not.
    await this.#written.ready(end - start + slack + (end - start) / 8);
    const [lengthStart, lengthEnd] = object.spans.get('/Length')!;
    if (!(await this.isSame([start, lengthStart]))) return false;
    const writtenLength = this.#number();
    if (writtenLength === undefined) return false;
    const [from, to] = stream;
    if (!(await this.isSame([lengthEnd, text[1]])) || !(await this.isSame([text[1], from]))) return false;
    await this.#written.ready(writtenLength);
    const again = this.#written.take(writtenLength);
    return isSameContent(this.#bytes.read(from, to - from), again, object) && this.isSame([to, end]);
  }

  /** The trailer: behind a table of as many objects, whose places may be others. */
  async isSameTail(tableStart: number): Promise<boolean> {
    const size = this.#pdf.trailer.get('/Size') as number;
    const head = `xref\n0 ${size}\n`;
    const table = head.length + 20 * size;
    if (!(await this.isSame([tableStart, tableStart + head.length]))) return false;
    await this.#skip(table - head.length);
    const rest = this.#bytes.read(tableStart + table, this.#bytes.size).toString('latin1');
    await this.#written.ready(rest.length + slack);
    const again = this.#written.take(rest.length + slack).toString('latin1');
    const place = /startxref\n\d+\n%%EOF\n$/;
    return rest.replace(place, '') === again.replace(place, '') && place.test(again);
  }

  async #isSameValue({ number, start, end, text }: PdfObject): Promise<boolean> {
    if (number === this.#attachmentLength) {
      if (!(await this.isSame([start, text[0]]))) return false;
      await this.#written.ready(slack);
      return this.#number() !== undefined && this.isSame([text[1], end]);
    }
    let at = start;
    for (const [from, to] of this.#filledIn.filter(([from]) => from >= start && from < end)) {
      if (!(await this.isSame([at, from]))) return false;
      await this.#skip(to - from);
      at = to;
    }
    return this.isSame([at, end]);
  }

  /** Its content is the same from the start; where its stream ends is known once it is inflated. */
  async #isSameAttachment({ start, end }: PdfObject, [from, to]: Span): Promise<boolean> {
    if (!(await this.isSame([start, from]))) return false;
    const inflate = createInflate();
    const isDone = new Promise<boolean>((resolve) => {
      inflate.on('end', () => resolve(true)).on('error', () => resolve(false));
    });
    inflate.resume();
    let given = 0;
    while (!inflate.readableEnded) {
      const chunk = await this.#written.takeSome();
      if (chunk.length === 0) return false;
      given += chunk.length;
      await new Promise<void>((resolve) => inflate.write(chunk, () => resolve()));
      if (inflate.bytesWritten < given) break;
    }
    inflate.end();
    if (!(await isDone)) return false;
    this.#written.putBack(given - inflate.bytesWritten);
    return this.isSame([to, end]);
  }

  /** A whole number that comes next. */
  #number(): number | undefined {
    const text = this.#written.take(16).toString('latin1');
    const digits = /^\d{1,12}/.exec(text)?.[0];
    this.#written.putBack(text.length - (digits?.length ?? 0));
    return digits === undefined ? undefined : Number(digits);
  }

  async #skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      await this.#written.ready(Math.min(left, 1 << 16));
      const taken = this.#written.take(left).length;
      if (taken === 0) return;
      left -= taken;
    }
  }
}

const lengthOf = ({ value }: PdfObject): PdfValue | undefined =>
  value instanceof Map ? value.get('/Length') : undefined;

const referenceIn = (value: PdfValue | undefined): number | undefined =>
  typeof value === 'object' && value !== null && 'ref' in value ? (value.ref as number) : undefined;

/** Whether two streams of an object come to the same. */
const isSameContent = (one: Buffer, other: Buffer, { value }: PdfObject): boolean => {
  if (one.equals(other)) return true;
  if (!(value instanceof Map) || value.get('/Filter') !== '/FlateDecode') return false;
  try {
    const [first, second] = [one, other].map((bytes) =>
      inflateSync(bytes, { maxOutputLength: mostInflated }),
    );
    return first!.equals(second!);
  } catch {
    return false;
  }
};
