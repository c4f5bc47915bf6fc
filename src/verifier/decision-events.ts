import type { ExportDecisions } from '../../schemas/export/package.ts';
import type { Millis } from '../../schemas/instant.ts';
import { type Hash, leafHash } from '../evidence/merkle.ts';
import { BesideCheck } from '../evidence/multiproof.ts';
import { HashColumn, NumberColumn, sortedPlaces } from './columns.ts';
import { type Fault, faultAt } from './fault.ts';

/** A DecisionsRecorded event, as far as its answers need it. */
export interface DecisionEvent {
  /** Which it is of those of the export. */
  readonly place: number;
  readonly leaf: Hash;
  /** How many answers it holds. */
  readonly entries: number;
  readonly schemaVersion: number;
  readonly recordedAt: Millis;
}

/** The events that hold the answers of an export, and which of these are shown: some 80 bytes each, and the proofs. */
export class DecisionEvents {
  readonly #indices = new NumberColumn();
  readonly #leaves = new HashColumn();
  readonly #entries = new NumberColumn();
  readonly #versions = new NumberColumn();
  readonly #recordedAt = new NumberColumn();
  readonly #commitments = new HashColumn();
  readonly #records = new NumberColumn();
  readonly #beside = new HashColumn();
  /** Where the hashes of each event end. */
  readonly #besideEnds = new NumberColumn();
  readonly #shown = { place: new NumberColumn(), entry: new NumberColumn(), commitment: new HashColumn() };

  get last(): number | undefined {
    return this.#indices.last();
  }

  add(event: ExportDecisions, leaf: Hash, record: number): void {
    this.#indices.push(event.index);
    this.#leaves.push(leaf);
    this.#entries.push(event.entries);
    this.#versions.push(event.schemaVersion);
    this.#recordedAt.push(Date.parse(event.recordedAt));
    this.#commitments.push(Buffer.from(event.commitment, 'base64url'));
    this.#records.push(record);
    for (const hash of event.beside) this.#beside.push(Buffer.from(hash, 'hex'));
    this.#besideEnds.push(this.#beside.length);
  }

  /** By the index of its leaf. */
  find(index: number): DecisionEvent | undefined {
    const place = this.#indices.find(index);
    return place === undefined
      ? undefined
      : {
          place,
          leaf: this.#leaves.at(place),
          entries: this.#entries.at(place),
          schemaVersion: this.#versions.at(place),
          recordedAt: this.#recordedAt.at(place),
        };
  }

  /** Notes that this entry of an event is shown. */
  show({ place }: DecisionEvent, entry: number, commitment: Buffer): void {
    this.#shown.place.push(place);
    this.#shown.entry.push(entry);
    this.#shown.commitment.push(commitment);
  }

  /** Whether what was shown of each event is what the event was committed to. */
  faultInEntries(): Fault | undefined {
    const { place: places, entry: entries } = this.#shown;
    const order = sortedPlaces(
      places.length,
      (a, b) => places.at(a) - places.at(b) || entries.at(a) - entries.at(b),
    );
    let from = 0;
    for (let place = 0; place < this.#indices.length; place++) {
      let to = from;
      while (to < order.length && places.at(order[to]!) === place) to++;
      const reason = this.#reasonAgainst(place, order.subarray(from, to));
      if (reason !== undefined)
        return faultAt('entries', reason, {
          record: this.#records.at(place),
          event: this.#indices.at(place),
        });
      from = to;
    }
    return undefined;
  }

  #reasonAgainst(place: number, shown: Uint32Array): string | undefined {
    if (shown.length === 0) return 'none of its answers is shown';
    const numbers = Array.from(shown, (row) => this.#shown.entry.at(row));
    if (numbers.some((entry, at) => entry === numbers[at - 1])) return 'an answer of it is shown twice';
    const leafAt = (at: number) => leafHash(this.#shown.commitment.at(shown[at]!));
    const check = new BesideCheck(this.#entries.at(place), numbers, leafAt);
    const first = place === 0 ? 0 : this.#besideEnds.at(place - 1);
    for (let at = first; at < this.#besideEnds.at(place); at++)
      if (!check.add(this.#beside.at(at))) return 'it has more hashes than there is place for';
    const root = check.root();
    if (root === undefined) return 'hashes of its answers are missing';
    return root.equals(this.#commitments.at(place)) ? undefined : 'the answers that are shown are not of it';
  }
}
