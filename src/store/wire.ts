import type { AppendOutcome, NewEvent } from './port.ts';

/**
 * How batches travel to the writer's thread and outcomes back: packed into one transferred buffer, since posting the
 * objects themselves costs ten times as much.
 */

/** An append as the writer unpacks it: metadata is JSON text already. */
export interface PackedAppend {
  readonly stream: string;
  readonly expectedRevision: number;
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly metadata: string;
    readonly data: Buffer;
  }[];
}

/** From the main thread to the writer. `bytes` is transferred. */
export interface BatchMessage {
  readonly recordedAt: number;
  readonly appends: number;
  readonly bytes: ArrayBuffer;
}

/** From the writer: its start, the outcomes of a batch in order, or the one outcome of the whole batch. */
export type WriterMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'decided'; readonly outcomes: Float64Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly outcome: FailedOutcome };

export type FailedOutcome = Extract<AppendOutcome, { outcome: 'refused' | 'unknown' }>;

const initialBytes = 64 * 1024;

/** Packs appends one after the other. */
export class BatchPacker {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(stream: string, events: readonly NewEvent[], expectedRevision: number): void {
    this.#text(stream);
    this.#integer(expectedRevision);
    this.#integer(events.length);
    for (const { id, type, metadata, data } of events) {
      this.#text(id);
      this.#text(type);
      this.#text(JSON.stringify(metadata));
      this.#bytes(data);
    }
  }

  /** The packed bytes, to be transferred; the packer is spent. */
  take(): ArrayBuffer {
    return this.#buffer.buffer;
  }

  #integer(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  #text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const written = this.#buffer.write(value, this.#length + 4, 'utf8');
    this.#length = this.#buffer.writeUInt32LE(written, this.#length) + written;
  }

  #bytes(value: Buffer): void {
    this.#reserve(4 + value.length);
    this.#length = this.#buffer.writeUInt32LE(value.length, this.#length);
    this.#length += value.copy(this.#buffer, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** The appends of a batch, in the order in which they were added. */
export function* unpackBatch({ appends, bytes }: BatchMessage): Generator<PackedAppend> {
  const buffer = Buffer.from(bytes);
  let at = 0;
  const integer = (): number => {
    at += 8;
    return buffer.readDoubleLE(at - 8);
  };
  const data = (): Buffer => {
    const start = at + 4;
    at = start + buffer.readUInt32LE(at);
    return buffer.subarray(start, at);
  };
  const text = (): string => data().toString('utf8');
  for (let append = 0; append < appends; append++) {
    const stream = text();
    const expectedRevision = integer();
    const events = Array.from({ length: integer() }, () => ({
      id: text(),
      type: text(),
      metadata: text(),
      data: data(),
    }));
    yield { stream, expectedRevision, events };
  }
}

/** Numbers an outcome takes in `outcomes`: whether it was appended, revision, log index, recordedAt. */
const width = 4;

export type DecidedOutcome = Extract<AppendOutcome, { outcome: 'appended' | 'conflict' }>;

export const packOutcomes = (outcomes: readonly DecidedOutcome[]): Float64Array<ArrayBuffer> => {
  const packed = new Float64Array(outcomes.length * width);
  outcomes.forEach((outcome, index) => {
    packed[index * width + 1] = outcome.revision;
    if (outcome.outcome === 'conflict') return;
    packed[index * width] = 1;
    packed[index * width + 2] = Number(outcome.position);
    packed[index * width + 3] = outcome.recordedAt;
  });
  return packed;
};

export const outcomeAt = (packed: Float64Array, index: number): DecidedOutcome => {
  const [appended, revision, position, recordedAt] = packed.subarray(index * width, (index + 1) * width);
  return appended === 1
    ? { outcome: 'appended', revision: revision!, position: String(position), recordedAt: recordedAt! }
    : { outcome: 'conflict', revision: revision! };
};
