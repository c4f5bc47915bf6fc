import type { ProvenDecision, ProvenEvent, ProvenHead } from '../../schemas/http/evidence.ts';
import type { IndexedEvent } from '../store/port.ts';
import type { HeadsStore } from './heads-store.ts';
import { headKey } from './heads-tree.ts';
import { leafOf } from './leaf.ts';
import { consistencyProof, type Hash, inclusionProof, leafHash, nodesOver } from './merkle.ts';
import type { EntriesOf, EvidenceLog } from './model.ts';
import type { Tiles } from './tiles.ts';

/** The evidence as of one size of the log. */
export interface Evidenced {
  readonly size: number;
  readonly tiles: Tiles;
  readonly heads: HeadsStore;
}

/** Proofs against what `evidence` commits to; of events after its size it knows nothing. */
export class Prover {
  readonly #evidence: Evidenced;
  readonly #log: EvidenceLog;
  readonly #entriesOf: EntriesOf;

  constructor(evidence: Evidenced, log: EvidenceLog, entriesOf: EntriesOf) {
    this.#evidence = evidence;
    this.#log = log;
    this.#entriesOf = entriesOf;
  }

  /** What stands under a name in the heads tree. */
  head(name: string): ProvenHead {
    const { siblings, found } = this.#evidence.heads.prove(headKey(name));
    return {
      name,
      siblings: siblings.map(hex),
      ...(found && { found: { key: hex(found.key), count: found.count, hash: hex(found.hash) } }),
    };
  }

  /** Up to `limit` events of a stream from revision `from` on. */
  events(stream: string, from: number, limit: number): ProvenEvent[] {
    const { size } = this.#evidence;
    const events = this.#log.streamSlice(stream, from, limit).filter(({ index }) => index <= size);
    return events.map((event) => this.#event(event));
  }

  /** The entry of a DecisionsRecorded event at a log index. */
  decision(index: number, entry: number): ProvenDecision {
    const event = this.#log.slice(index - 1, 1)[0];
    const commitments = event === undefined ? [] : this.#entriesOf(event).map(({ commitment }) => commitment);
    const commitment = commitments[entry];
    if (event === undefined || commitment === undefined) throw new RangeError('there is no such entry');
    const leaves = commitments.map((one) => leafHash(Buffer.from(one, 'base64url')));
    const path = inclusionProof(entry, leaves.length, nodesOver(leaves)).map(hex);
    return { event: this.#event(event), entry, entries: leaves.length, commitment, path };
  }

  /** That the log has only grown since it had `from` events. */
  consistency(from: number): { from: number; path: string[] } {
    const { size, tiles } = this.#evidence;
    return { from, path: consistencyProof(from, size, tiles.node).map(hex) };
  }

  #event(event: IndexedEvent): ProvenEvent {
    const { size, tiles } = this.#evidence;
    const index = event.index - 1;
    const { previous, stored, ...leaf } = leafOf(event, this.#previous(event));
    return {
      index,
      ...leaf,
      ...(previous && { previous: hex(previous) }),
      stored: hex(stored),
      path: inclusionProof(index, size, tiles.node).map(hex),
    };
  }

  /** Leaf hash of the event before it in its stream. */
  #previous({ stream, revision }: IndexedEvent): Hash | undefined {
    if (revision === 0) return undefined;
    const before = this.#log.streamSlice(stream, revision - 1, 1)[0];
    if (before === undefined) throw new RangeError('the stream has a gap');
    return this.#evidence.tiles.node(0, before.index - 1);
  }
}

const hex = (hash: Hash): string => hash.toString('hex');
