/** When the events that hold logged answers were recorded, by leaf index: packed, as there may be millions. */
export class RecordedTimes {
  private indices = new Float64Array(1024);
  private times = new Float64Array(1024);
  private count = 0;

  /** Added by rising index, as `decisions` records stand in an export. */
  add(index: number, recordedAt: string): void {
    if (this.count === this.indices.length) {
      this.indices = doubled(this.indices);
      this.times = doubled(this.times);
    }
    this.indices[this.count] = index;
    this.times[this.count] = Date.parse(recordedAt);
    this.count += 1;
  }

  /** An instant; undefined where nothing was added under the index. */
  of(index: number): string | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.indices[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.indices[low] === index
      ? new Date(this.times[low]!).toISOString()
      : undefined;
  }
}

const doubled = (numbers: Float64Array): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
};
