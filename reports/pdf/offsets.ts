const perChunk = 16_384;

/** A number for each object of a file, by the object's own number, which counts from 1: packed, in chunks. */
export class Offsets {
  private readonly all: Float64Array[] = [];
  count = 0;

  /** The number of the object that was added. */
  add(offset: number): number {
    if (this.count % perChunk === 0) this.all.push(new Float64Array(perChunk));
    this.count += 1;
    this.set(this.count, offset);
    return this.count;
  }

  set(id: number, offset: number): void {
    const place = id - 1;
    this.all[Math.floor(place / perChunk)]![place % perChunk] = offset;
  }

  /** All of them in order, some at once. */
  *chunks(): Generator<Float64Array> {
    for (const [place, chunk] of this.all.entries()) yield chunk.subarray(0, this.count - place * perChunk);
  }
}
