import { PassThrough } from 'node:stream';

/** Bytes that somebody else writes, read a piece at a time while they come; who writes waits for who reads. */
export class Incoming {
  readonly #through = new PassThrough({ highWaterMark: 1 << 20 });
  readonly #chunks: AsyncIterator<Buffer> = this.#through[Symbol.asyncIterator]();
  #held: Buffer = Buffer.alloc(0);
  #at = 0;

  /** For who writes; rejects once nobody reads on. */
  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // A stream that is destroyed says nothing to a write that waits for its reader.
      const refuse = () => reject(new Error('nobody reads on'));
      this.#through.once('close', refuse);
      this.#through.write(chunk, (error) => {
        this.#through.off('close', refuse);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** For who writes: there is no more. */
  end(): void {
    this.#through.end();
  }

  /** Reads no further. */
  close(): void {
    this.#through.on('error', () => {}).destroy();
  }

  /** Waits until there are `length` bytes, or as many as come. */
  async ready(length: number): Promise<void> {
    let there = this.#held.length - this.#at;
    if (there >= length) return;
    const chunks = [this.#held.subarray(this.#at)];
    while (there < length) {
      const next = await this.#chunks.next();
      if (next.done) break;
      chunks.push(next.value);
      there += next.value.length;
    }
    this.#held = Buffer.concat(chunks);
    this.#at = 0;
  }

  /** The next bytes of those that are ready: `length`, or as many as there are. */
  take(length: number): Buffer {
    const taken = this.#held.subarray(this.#at, this.#at + length);
    this.#at += taken.length;
    return taken;
  }

  /** All that is ready, and at least something unless there is no more. */
  async takeSome(): Promise<Buffer> {
    await this.ready(1);
    return this.take(this.#held.length);
  }

  /** Puts back the last bytes that were taken. */
  putBack(length: number): void {
    this.#at -= length;
  }
}
