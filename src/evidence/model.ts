import type { ModelFile, ModelKind } from '../projections/model-file.ts';
import type { IndexedEvent, RecordedEvent } from '../store/port.ts';
import type { EvidenceState } from './checkpoint.ts';
import { HeadsStore, headsSchema } from './heads-store.ts';
import { headKey } from './heads-tree.ts';
import { decisionLink, decisionsOf, hashOfLeaf, leafOf } from './leaf.ts';
import { rootOf } from './merkle.ts';
import { Tiles, tilesSchema } from './tiles.ts';

/** The Merkle tree of the log and the heads tree, as of one size of the log. */
export const evidenceModel: ModelKind = { name: 'evidence', version: 1, schema: tilesSchema + headsSchema };

/** The log as this room reads it: by index, from a connection of the same thread. */
export interface EvidenceLog {
  slice(after: number, limit: number): IndexedEvent[];
  streamSlice(stream: string, from: number, limit?: number): IndexedEvent[];
}

/** The subject and commitment of each entry of a DecisionsRecorded event, in order; of other events none. */
export type EntriesOf = (
  event: RecordedEvent,
) => readonly { readonly keyId: string; readonly commitment: string }[];

/** Events in one transaction. */
const batchSize = 2_000;

/**
 * The evidence of a log, taken forward to one size after another. It stands still between checkpoints, so that what
 * a signed checkpoint says can be proven for as long as there is no newer one.
 */
export class EvidenceModel {
  readonly #file: ModelFile;
  readonly #log: EvidenceLog;
  readonly #entriesOf: EntriesOf;
  #tiles: Tiles;
  #heads: HeadsStore;

  constructor(file: ModelFile, log: EvidenceLog, entriesOf: EntriesOf) {
    this.#file = file;
    // Heads lie all over the file: what one batch writes, the next often writes again, and only then it is moved.
    file.db.pragma('wal_autocheckpoint = 16000');
    this.#log = log;
    this.#entriesOf = entriesOf;
    this.#tiles = new Tiles(file.db);
    this.#heads = new HeadsStore(file.db);
  }

  get tiles(): Tiles {
    return this.#tiles;
  }

  get heads(): HeadsStore {
    return this.#heads;
  }

  /** Number of events of the log that are in it. */
  get size(): number {
    return this.#file.checkpoint();
  }

  /** What it commits to; undefined while it holds no event. */
  state(): EvidenceState | undefined {
    const { size } = this;
    const last = this.#log.slice(size - 1, 1)[0];
    if (size === 0 || last === undefined) return undefined;
    return {
      size,
      root: rootOf(size, this.#tiles.node),
      heads: this.#heads.root(),
      recordedAt: new Date(last.recordedAt).toISOString(),
    };
  }

  /** Takes in the log up to log index `size`. Throws where the log does not reach it, or has a gap. */
  advance(size: number): void {
    for (let from = this.size; from < size; ) {
      const events = this.#log.slice(from, Math.min(batchSize, size - from));
      const last = events.at(-1);
      if (last === undefined) throw new RangeError(`the log here does not reach ${size}`);
      this.#take(from, last.index, events, last.index === size);
      from = last.index;
    }
  }

  #take(from: number, to: number, events: readonly IndexedEvent[], isLast: boolean): void {
    try {
      this.#file.commit(from, to, () => {
        for (const event of events) this.#add(event);
        // Hashed once, however many batches there were.
        if (isLast) this.#heads.root();
        this.#tiles.flush();
        this.#heads.flush();
      });
    } catch (error) {
      // The transaction was rolled back: what is in memory stands for nothing.
      this.#tiles = new Tiles(this.#file.db);
      this.#heads = new HeadsStore(this.#file.db);
      throw error;
    }
  }

  #add(event: IndexedEvent): void {
    const key = headKey(event.stream);
    const before = this.#heads.get(key);
    if ((before?.count ?? 0) !== event.revision || this.#tiles.size !== event.index - 1)
      throw new Error(`the log has a gap before index ${event.index}`);
    const leaf = hashOfLeaf(leafOf(event, before?.hash));
    this.#tiles.append(leaf);
    this.#heads.set({ key, count: event.revision + 1, hash: leaf });
    for (const [entry, { keyId, commitment }] of this.#entriesOf(event).entries()) {
      const about = headKey(decisionsOf(keyId));
      const link = this.#heads.get(about);
      const hash = decisionLink(link?.hash, leaf, entry, Buffer.from(commitment, 'base64url'));
      this.#heads.set({ key: about, count: (link?.count ?? 0) + 1, hash });
    }
  }
}
