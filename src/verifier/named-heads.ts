import type { ExportHeads } from '../../schemas/export/package.ts';
import type { Checkpoint } from '../evidence/checkpoint.ts';
import { type Head, headKey, keyBytes } from '../evidence/heads-tree.ts';
import { WalkCheck, type WalkStep } from '../evidence/heads-walk.ts';
import type { Hash } from '../evidence/merkle.ts';
import { HashColumn, NumberColumn, sortedPlaces } from './columns.ts';
import { type Fault, faultAt } from './fault.ts';

const noHash: Hash = Buffer.alloc(32);

/** What an export shows under each name, and whether that is all there is: 80 bytes a name. */
export class NamedHeads {
  readonly #keys = new HashColumn();
  readonly #counts = new NumberColumn();
  readonly #hashes = new HashColumn();
  readonly #patients = new NumberColumn();
  #check: WalkCheck | undefined;
  #missed: Fault | undefined;

  /** `count` events were shown under this name, the last of them with this hash. */
  add(name: string, count: number, hash: Hash | undefined, patient: number): void {
    this.#keys.push(headKey(name));
    this.#counts.push(count);
    this.#hashes.push(hash ?? noHash);
    this.#patients.push(patient);
  }

  /** To be called once all names are there, before the first `step`. */
  begin(): Fault | undefined {
    const order = sortedPlaces(this.#keys.length, (a, b) => this.#keys.at(a).compare(this.#keys.at(b)));
    const keys = Buffer.alloc(order.length * keyBytes);
    for (const [place, row] of order.entries()) {
      const key = this.#keys.at(row);
      if (place > 0 && key.equals(keys.subarray((place - 1) * keyBytes, place * keyBytes)))
        return faultAt('completeness', 'a patient stands in the export twice', {
          patient: this.#patients.at(row),
        });
      keys.set(key, place * keyBytes);
    }
    this.#check = new WalkCheck(keys, (place, head) => {
      this.#missed ??= this.#compare(order[place]!, head);
    });
    return undefined;
  }

  /** Takes a step of the walk; false where it cannot be the next. */
  step(shown: ExportHeads['walk'][number]): boolean {
    return this.#check?.add(stepOf(shown)) ?? false;
  }

  end({ heads }: Checkpoint): Fault | undefined {
    const root = this.#check?.root();
    if (root === undefined) return faultAt('completeness', 'steps to the heads are missing');
    if (!root.equals(heads)) return faultAt('completeness', 'the heads are not those that were signed');
    return this.#missed;
  }

  #compare(row: number, head: Head | undefined): Fault | undefined {
    const patient = this.#patients.at(row);
    const shown = this.#counts.at(row);
    const there = head?.count ?? 0;
    if (shown !== there)
      return faultAt('completeness', `there are ${there} under a name of which ${shown} are shown`, {
        patient,
      });
    return head === undefined || head.hash.equals(this.#hashes.at(row))
      ? undefined
      : faultAt('completeness', 'what is shown does not end as the ledger signed it', { patient });
  }
}

const stepOf = (shown: ExportHeads['walk'][number]): WalkStep => {
  if (typeof shown === 'string') return shown;
  if ('beside' in shown) return { beside: Buffer.from(shown.beside, 'hex') };
  const { key, count, hash } = shown;
  return { head: { key: Buffer.from(key, 'hex'), count, hash: Buffer.from(hash, 'hex') } };
};
