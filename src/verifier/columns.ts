const hashBytes = 32;

/** Numbers one behind the other in flat memory: 8 bytes each, where an array of objects has fifty. */
export class NumberColumn {
  #values = new Float64Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  at(place: number): number {
    return this.#values[place]!;
  }

  last(): number | undefined {
    return this.#length === 0 ? undefined : this.#values[this.#length - 1];
  }

  /** Where this value stands in a column that ascends. */
  find(value: number): number | undefined {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low < this.#length && this.#values[low] === value ? low : undefined;
  }
}

/** Hashes one behind the other in flat memory. */
export class HashColumn {
  #bytes = Buffer.alloc(64 * hashBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(hash: Uint8Array): void {
    if ((this.#length + 1) * hashBytes > this.#bytes.length) {
      const larger = Buffer.alloc(2 * this.#bytes.length);
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#bytes.set(hash, this.#length * hashBytes);
    this.#length += 1;
  }

  at(place: number): Buffer {
    return this.#bytes.subarray(place * hashBytes, (place + 1) * hashBytes);
  }
}

/** The places of `length` rows in this order. */
export const sortedPlaces = (length: number, compare: (a: number, b: number) => number): Uint32Array =>
  Uint32Array.from({ length }, (_, place) => place).sort(compare);
