import { type RandomAccess, Window } from './random-access.ts';
import {
  EndOfBytes,
  ForeignPdf,
  type PdfDictionary,
  type PdfReference,
  type PdfValue,
  type Spans,
  SyntaxReader,
} from './syntax.ts';

/** An indirect object of a file (ISO 32000-1, 7.3.10). Offsets count bytes of the file. */
export interface PdfObject {
  readonly number: number;
  /** Where `N 0 obj` begins, and where the object has ended. */
  readonly start: number;
  readonly end: number;
  readonly value: PdfValue;
  /** Where the object's value begins, and its text ends. */
  readonly text: readonly [start: number, end: number];
  /** Where the value of each key stands, where the object is a dictionary. */
  readonly spans: Spans;
  /** The bytes of its stream, as they are stored. */
  readonly stream?: readonly [start: number, end: number];
}

/** A PDF of the form that pdfkit writes, in one revision, read where it is asked about. */
export interface Pdf {
  readonly bytes: RandomAccess;
  readonly trailer: PdfDictionary;
  readonly catalog: PdfDictionary;
  /** @throws ForeignPdf */
  object(number: number): PdfObject;
  /** The dictionary that a value is or refers to. @throws ForeignPdf where there is none */
  dictionary(value: PdfValue | undefined, what: string): PdfDictionary;
  /** Every object, in the order of the file; nothing else stands between them. @throws ForeignPdf */
  objects(): Generator<PdfObject>;
}

const headerForm = /^%PDF-1\.[3-7]\n%[\x80-\xff]{4}\n/;
const entryLength = 20;
const longestTrailer = 4096;
/** Of an object that is a whole number, from `N 0 obj` to `endobj`. */
const longestNumber = 64;
/** No value that our renderer writes comes near: more is refused rather than held. */
const longestValue = 1 << 26;

/**
 * Opens a PDF that consists of a header, objects, one classic cross-reference table and its trailer, and no byte
 * besides: so neither an earlier nor a later revision can hide in it.
 *
 * @throws ForeignPdf
 */
export const openPdf = (bytes: RandomAccess): Pdf => {
  const header = headerForm.exec(bytes.read(0, 15).toString('latin1'))?.[0];
  if (header === undefined) throw new ForeignPdf('it does not begin as a PDF of this service does');
  const tableStart = tableStartOf(bytes);
  const { size, entries, trailer } = tableOf(bytes, tableStart);
  const table = new Window(bytes);
  const numberWindow = new Window(bytes, longestNumber);
  const objectWindow = new Window(bytes);
  const walkWindow = new Window(bytes, 1 << 18);

  const startOf = (number: number): number => {
    if (!Number.isInteger(number) || number < 1 || number >= size)
      throw new ForeignPdf(`there is no object ${number}`);
    const entry = table.view(entries + number * entryLength, entryLength).toString('latin1');
    if (!/^\d{10} 00000 n \n$/.test(entry)) throw new ForeignPdf(`the entry of object ${number} is not one`);
    const start = Number(entry.slice(0, 10));
    if (start >= tableStart) throw new ForeignPdf(`object ${number} is not before the table`);
    return start;
  };

  const lengthOf = (value: PdfValue | undefined): PdfValue | undefined =>
    isReference(value) ? wholeNumberAt(numberWindow, startOf(value.ref), value.ref) : value;

  const object = (number: number): PdfObject => {
    const found = objectAt({ window: objectWindow, lengthOf, limit: tableStart }, startOf(number));
    if (found.number !== number) throw new ForeignPdf(`object ${number} is not where the table says`);
    return found;
  };

  const dictionary = (value: PdfValue | undefined, what: string): PdfDictionary => {
    const resolved = isReference(value) ? object(value.ref).value : value;
    if (!isDictionary(resolved)) throw new ForeignPdf(`${what} is missing`);
    return resolved;
  };

  function* objects(): Generator<PdfObject> {
    let at = header?.length ?? 0;
    let count = 0;
    for (; at < tableStart; count += 1) {
      const found = objectAt({ window: walkWindow, lengthOf, limit: tableStart }, at);
      if (startOf(found.number) !== at)
        throw new ForeignPdf(`object ${found.number} is not where the table says`);
      at = found.end;
      yield found;
    }
    if (count !== size - 1) throw new ForeignPdf('the table has objects that the file has not');
  }

  const root = trailer.get('/Root');
  const pdf = { bytes, trailer, object, dictionary, objects };
  return { ...pdf, catalog: dictionary(root, 'the catalog') };
};

export const isReference = (value: PdfValue | undefined): value is PdfReference =>
  typeof value === 'object' && value !== null && 'ref' in value;

export const isDictionary = (value: PdfValue | undefined): value is PdfDictionary => value instanceof Map;

/** Where the cross-reference table begins, as the last lines say. */
const tableStartOf = (bytes: RandomAccess): number => {
  const tail = bytes.read(Math.max(0, bytes.size - 40), 40).toString('latin1');
  const start = /\nstartxref\n(\d{1,10})\n%%EOF\n$/.exec(tail)?.[1];
  if (start === undefined) throw new ForeignPdf('it does not end as a PDF of this service does');
  return Number(start);
};

const tableOf = (
  bytes: RandomAccess,
  start: number,
): { readonly size: number; readonly entries: number; readonly trailer: PdfDictionary } => {
  const [head, declared] = /^xref\n0 (\d{1,8})\n/.exec(bytes.read(start, 32).toString('latin1')) ?? [];
  if (head === undefined) throw new ForeignPdf('the cross-reference table is not where it should be');
  const size = Number(declared);
  const entries = start + head.length;
  if (bytes.read(entries, entryLength).toString('latin1') !== '0000000000 65535 f \n')
    throw new ForeignPdf('the cross-reference table does not begin as one does');
  const trailerStart = entries + size * entryLength;
  if (bytes.size - trailerStart > longestTrailer) throw new ForeignPdf('there is more after the table');
  const reader = new SyntaxReader(bytes.read(trailerStart, longestTrailer));
  const trailer = complete(() => {
    reader.expect('trailer\n');
    const read = reader.dictionary();
    reader.expect(`\nstartxref\n${start}\n%%EOF\n`);
    return read;
  });
  if (trailerStart + reader.at !== bytes.size) throw new ForeignPdf('there is more after its end');
  if (trailer.get('/Size') !== size) throw new ForeignPdf('the size of its table is not the one it states');
  const other = ['/Prev', '/XRefStm', '/Encrypt'].find((key) => trailer.has(key));
  if (other !== undefined) throw new ForeignPdf(`its trailer has ${other}`);
  return { size, entries, trailer };
};

/** Where objects are read from; they end before `limit`. */
interface Source {
  readonly window: Window;
  readonly limit: number;
  /** The length of a stream that is given in place, or as another object: a whole number. */
  readonly lengthOf: (value: PdfValue | undefined) => PdfValue | undefined;
}

const wholeNumberAt = (window: Window, start: number, number: number): number => {
  const text = window.view(start, longestNumber).toString('latin1');
  const value = /^(\d+) 0 obj\n(\d{1,12})\nendobj\n/.exec(text);
  if (value?.[1] !== String(number)) throw new ForeignPdf(`object ${number} is no whole number`);
  return Number(value[2]);
};

/** Reads the object at `start`, with as many bytes as it takes. */
const objectAt = (source: Source, start: number): PdfObject => {
  const most = Math.min(source.limit - start, longestValue);
  for (let length = 1024; ; length *= 4) {
    try {
      return readObject(source, source.window.view(start, Math.min(length, most)), start);
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      if (length >= most) throw new ForeignPdf(`the object at byte ${start} has no end`);
    }
  }
};

const readObject = (source: Source, bytes: Buffer, start: number): PdfObject => {
  const reader = new SyntaxReader(bytes);
  const number = reader.count();
  reader.expect(' 0 obj\n');
  const valueStart = reader.at;
  const spans = new Map<string, readonly [number, number]>();
  const isDictionaryText = bytes.toString('latin1', valueStart, valueStart + 2) === '<<';
  const value = isDictionaryText ? reader.dictionary(0, spans) : reader.value();
  const text = [start + valueStart, start + reader.at] as const;
  for (const [key, [from, to]] of spans) spans.set(key, [start + from, start + to]);
  reader.expect('\n');
  const object = { number, start, value, text, spans };
  if (!reader.accepts('stream\n')) {
    reader.expect('endobj\n');
    return { ...object, end: start + reader.at };
  }
  const stream = streamOf(source, object, start + reader.at);
  return { ...object, stream, end: stream[1] + afterStream.length };
};

const afterStream = '\nendstream\nendobj\n';

const streamOf = (
  { window, limit, lengthOf }: Source,
  { value, number }: Pick<PdfObject, 'value' | 'number'>,
  start: number,
): readonly [start: number, end: number] => {
  const length = lengthOf(isDictionary(value) ? value.get('/Length') : undefined);
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0)
    throw new ForeignPdf(`the stream of object ${number} has no length`);
  const end = start + length;
  if (end > limit || window.view(end, afterStream.length).toString('latin1') !== afterStream)
    throw new ForeignPdf(`the stream of object ${number} does not end where it should`);
  return [start, end];
};

/** What is read of bytes that are all there are. */
const complete = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof EndOfBytes) throw new ForeignPdf('it ends too early');
    throw error;
  }
};
