import type { ExportRecord } from '../../schemas/export/package.ts';
import { canonicalText } from '../record/commitment.ts';
import type { ExportFile, Totals } from './export-file.ts';
import { release } from './release.ts';
import type { Part } from './sealed-chunk.ts';

/** Bytes of lines in a chunk, about: one line may be longer. */
const chunkBytes = 256 * 1024;

/** A record as it stands in the package: RFC 8785, ended by LF. */
const lineOf = (record: ExportRecord): string => `${canonicalText(record)}\n`;

/** Writes records into a part of an export's file, chunk after chunk; each chunk holds whole lines. */
export class RecordWriter {
  readonly #file: ExportFile;
  readonly #part: Part;
  readonly #totals: Totals;
  #next: number;
  #lines: string[] = [];
  #length = 0;

  /** Goes on behind what the part holds; `before`: what that came to. */
  constructor(file: ExportFile, part: Part, before: Totals) {
    this.#file = file;
    this.#part = part;
    this.#totals = structuredClone(before);
    this.#next = file.chunks(part);
  }

  add(record: ExportRecord): void {
    this.#totals.records += 1;
    if (record.record === 'patient') this.#totals.patients[record.status] += 1;
    if (record.record === 'event') this.#totals.events += 1;
    if (record.record === 'decision') this.#totals.decisions += 1;
    const line = lineOf(record);
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= chunkBytes) this.flush();
  }

  /** Writes what waits; to be called before the file's `commit`. */
  flush(isLast = false): void {
    if (this.#lines.length === 0 && !isLast) return;
    const chunk = Buffer.from(this.#lines.join(''), 'utf8');
    this.#file.write(this.#part, this.#next, isLast, chunk);
    release(chunk);
    this.#next += 1;
    this.#lines = [];
    this.#length = 0;
  }

  totals(): Totals {
    return structuredClone(this.#totals);
  }
}

/** The records of a part, in their order. The chunks are used up. */
export async function* readRecords(chunks: Iterable<Buffer>): AsyncGenerator<ExportRecord> {
  for (const chunk of chunks) {
    const text = chunk.toString('utf8');
    release(chunk);
    for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line);
  }
}
