/** Bytes that are read where they are needed, as those of a file: nothing here holds a whole document. */
export interface RandomAccess {
  /** How many bytes there are. */
  readonly size: number;
  /** The bytes from `offset` on, `length` of them, or as many as there are. Throws where the disk cannot be read. */
  read(offset: number, length: number): Buffer;
}

/** Bytes that can be replaced where they stand; there are never more or fewer of them. */
export interface WritableAccess extends RandomAccess {
  /** Puts `bytes` in the place of as many from `offset` on. Throws where the disk cannot be written. */
  write(offset: number, bytes: Buffer): void;
}

/** Bytes that are in memory already. */
export const inMemory = (bytes: Buffer): WritableAccess => ({
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
  write: (offset, replacement) => {
    bytes.set(replacement, offset);
  },
});

const chunkLength = 1 << 16;

/** The bytes from `start` to before `end`, in pieces of at most 64 KiB. */
export function* chunksOf(bytes: RandomAccess, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += chunkLength) yield bytes.read(at, Math.min(chunkLength, end - at));
}

/** Looks through a window of what is read, so that many small reads side by side cost one of the disk. */
export class Window {
  readonly #bytes: RandomAccess;
  readonly #least: number;
  #start = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(bytes: RandomAccess, least = 1 << 16) {
    this.#bytes = bytes;
    this.#least = least;
  }

  /** As `RandomAccess.read`; good until the next call. */
  view(offset: number, length: number): Buffer {
    const from = offset - this.#start;
    if (from < 0 || from + length > this.#held.length) {
      this.#held = this.#bytes.read(offset, Math.max(length, this.#least));
      this.#start = offset;
      return this.#held.subarray(0, length);
    }
    return this.#held.subarray(from, from + length);
  }
}
