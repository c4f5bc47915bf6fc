import type { Checkpoint } from '../evidence/checkpoint.ts';
import type { Hash } from '../evidence/merkle.ts';
import { BesideCheck } from '../evidence/multiproof.ts';
import { HashColumn, NumberColumn, sortedPlaces } from './columns.ts';
import { type Fault, faultAt } from './fault.ts';

/** The leaves of the log that an export shows, and whether they stand in it: 48 bytes each. */
export class LogLeaves {
  readonly #indices = new NumberColumn();
  readonly #hashes = new HashColumn();
  readonly #records = new NumberColumn();
  #check: BesideCheck | undefined;

  get count(): number {
    return this.#indices.length;
  }

  add(index: number, hash: Hash, record: number): void {
    this.#indices.push(index);
    this.#hashes.push(hash);
    this.#records.push(record);
  }

  /** To be called once all leaves are there, before the first `beside`. */
  begin({ size }: Checkpoint): Fault | undefined {
    const order = sortedPlaces(this.count, (a, b) => this.#indices.at(a) - this.#indices.at(b));
    const indices = Float64Array.from(order, (place) => this.#indices.at(place));
    for (const [place, index] of indices.entries()) {
      const at = { record: this.#records.at(order[place]!), event: index };
      if (index >= size) return faultAt('inclusion', 'the event is not under the checkpoint', at);
      if (index === indices[place - 1])
        return faultAt('inclusion', 'two records are said to be the same event of the log', at);
    }
    this.#check = new BesideCheck(size, indices, (place) => this.#hashes.at(order[place]!));
    return undefined;
  }

  /** Takes a hash of what stands beside the leaves; false where there is no place for it. */
  beside(hash: Hash): boolean {
    return this.#check?.add(hash) ?? false;
  }

  end({ root }: Checkpoint): Fault | undefined {
    const found = this.#check?.root();
    if (found === undefined) return faultAt('inclusion', 'hashes of the log are missing');
    return found.equals(root)
      ? undefined
      : faultAt('inclusion', 'the events that are shown are not those of the log that was signed');
  }
}
