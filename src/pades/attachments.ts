import { pipeline, Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { isDictionary, isReference, type Pdf, type PdfObject } from './pdf.ts';
import { type Checked, wrong } from './problem.ts';
import { chunksOf } from './random-access.ts';
import { ForeignPdf, type PdfDictionary, type PdfValue } from './syntax.ts';

/** A file that a PDF brings with it. */
export interface Attachment {
  readonly name: string;
  /** Bytes of its content, where the document states them; `content` holds to it. */
  readonly size?: number;
  /** The object whose stream it is. */
  readonly object: PdfObject;
  /** Its content in pieces, inflated where it is compressed. Ends with ForeignPdf where it is damaged. */
  content(): AsyncGenerator<Buffer>;
}

const deepestTree = 8;

/**
 * The files that a document brings, by name: each is listed once in the name tree of embedded files (ISO 32000-1,
 * 7.11.4) and once as associated with the document (ISO 32000-2, 14.13), and no two have a name or a content in
 * common. None at all is `attachment-missing`.
 *
 * @throws ForeignPdf
 */
export const attachmentsOf = (pdf: Pdf): Checked<ReadonlyMap<string, Attachment>> => {
  const names = pdf.dictionary(pdf.catalog.get('/Names'), 'the name dictionary');
  const listed = names.has('/EmbeddedFiles') ? leavesOf(pdf, names.get('/EmbeddedFiles')) : [];
  if (listed.length === 0) return wrong('attachment-missing', 'The document brings no attachment.');
  const associated = pdf.catalog.get('/AF');
  if (!Array.isArray(associated)) throw new ForeignPdf('no file is associated with the document');
  const found = new Map<string, Attachment>();
  const used = new Set<number>();
  for (const [key, specification] of listed) {
    const attachment = attachmentOf(pdf, key, specification);
    const { name, object } = attachment;
    if (found.has(name) || used.has(object.number))
      return wrong('attachment-doubled', `The document brings the attachment ${JSON.stringify(name)} twice.`);
    found.set(name, attachment);
    used.add(object.number);
  }
  const specifications = (values: readonly PdfValue[]) =>
    values.map((value) => (isReference(value) ? value.ref : 0)).sort((a, b) => a - b);
  const same = specifications(listed.map(([, value]) => value)).join() === specifications(associated).join();
  if (!same) return wrong('attachment-doubled', 'The two lists of what is attached to the document differ.');
  return { ok: true, value: found };
};

/** The pairs of a name tree (ISO 32000-1, 7.9.6). */
const leavesOf = (pdf: Pdf, node: PdfValue | undefined, depth = 0): (readonly [Buffer, PdfValue])[] => {
  if (depth > deepestTree) throw new ForeignPdf('the tree of attachments is too deep');
  const tree = pdf.dictionary(node, 'the tree of attachments');
  const [kids, names] = [tree.get('/Kids'), tree.get('/Names')];
  if (Array.isArray(kids) && names === undefined)
    return kids.flatMap((kid: PdfValue) => leavesOf(pdf, kid, depth + 1));
  if (!Array.isArray(names) || names.length % 2 !== 0)
    throw new ForeignPdf('the tree of attachments is damaged');
  return Array.from({ length: names.length / 2 }, (_, at) => {
    const [key, value] = [names[2 * at] as PdfValue, names[2 * at + 1] as PdfValue];
    if (!Buffer.isBuffer(key)) throw new ForeignPdf('an attachment has no name');
    return [key, value] as const;
  });
};

const attachmentOf = (pdf: Pdf, key: Buffer, value: PdfValue): Attachment => {
  const specification = pdf.dictionary(value, 'a file specification');
  const files = pdf.dictionary(specification.get('/EF'), 'an embedded file');
  const reference = files.get('/F');
  const named = [specification.get('/F'), specification.get('/UF')];
  if (
    !isReference(reference) ||
    !named.every((name) => Buffer.isBuffer(name) && textOf(name) === textOf(key))
  )
    throw new ForeignPdf('an attachment has not one name');
  const object = pdf.object(reference.ref);
  const { value: dictionary } = object;
  if (!isDictionary(dictionary) || dictionary.get('/Type') !== '/EmbeddedFile')
    throw new ForeignPdf('an attachment has no content');
  const size = sizeOf(pdf, dictionary);
  const content = () => contentOf(pdf, object, dictionary, size ?? Number.POSITIVE_INFINITY);
  return { name: textOf(key), object, content, ...(size !== undefined && { size }) };
};

const sizeOf = (pdf: Pdf, file: PdfDictionary): number | undefined => {
  if (!file.has('/Params')) return undefined;
  const stated = pdf.dictionary(file.get('/Params'), 'what is stated of an attachment').get('/Size');
  const size = isReference(stated) ? pdf.object(stated.ref).value : stated;
  return typeof size === 'number' ? size : undefined;
};

/** A text string (ISO 32000-1, 7.9.2.2): UTF-16 behind its mark, or ASCII. */
const textOf = (bytes: Buffer): string =>
  bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0
    ? Buffer.from(bytes.subarray(2)).swap16().toString('utf16le')
    : bytes.toString('latin1');

async function* contentOf(
  pdf: Pdf,
  { stream = [0, 0] }: PdfObject,
  dictionary: PdfDictionary,
  most: number,
): AsyncGenerator<Buffer> {
  const filter = dictionary.get('/Filter');
  if ((filter !== undefined && filter !== '/FlateDecode') || dictionary.has('/DecodeParms'))
    throw new ForeignPdf('an attachment is stored in another way');
  const stored = Readable.from(chunksOf(pdf.bytes, ...stream));
  // What becomes of the stream is seen where it is read.
  const inflated = filter === undefined ? stored : pipeline(stored, createInflate(), () => {});
  let given = 0;
  try {
    for await (const chunk of inflated) {
      given += (chunk as Buffer).length;
      if (given > most) break;
      yield chunk as Buffer;
    }
  } catch {
    throw new ForeignPdf('an attachment is damaged');
  }
  if (given !== most && most !== Number.POSITIVE_INFINITY)
    throw new ForeignPdf('an attachment has not the size that is stated');
}
