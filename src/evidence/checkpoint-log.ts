import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckpointSigned, checkpointSigned } from '../../schemas/events/checkpoint-signed.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { plainEvent } from '../record/plain.ts';
import { checkpointStream } from '../record/streams.ts';
import { openPayload } from '../record/upcast.ts';
import { type EventStore, type LocalLog, noStream, type RecordedEvent } from '../store/port.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { parseNote } from './signed-note.ts';

/** A checkpoint as it stands in the log. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
  /** Of its event in the stream of checkpoints. */
  readonly revision: number;
}

export interface CheckpointLogParts {
  readonly store: Pick<EventStore, 'append'>;
  readonly log: Pick<LocalLog, 'slice' | 'streamSlice'>;
  readonly uuid: () => string;
}

const pageEvents = 100;
const maxAttempts = 6;
const firstPauseMs = 20;

/** A run of checkpoints alone this long is taken for news; two nodes that sign in turn make one of two. */
const longestRun = 16;

/** The checkpoints that were signed: one stream, whose expected revision decides who writes the next. */
export class CheckpointLog {
  readonly #parts: CheckpointLogParts;
  #latest: SignedCheckpoint | undefined;

  constructor(parts: CheckpointLogParts) {
    this.#parts = parts;
  }

  /** The last one that is in the log here. `after`: a revision that is known to be before it. */
  latest(after = noStream): SignedCheckpoint | undefined {
    for (;;) {
      const from = Math.max(this.#latest?.revision ?? noStream, after) + 1;
      const last = this.#parts.log.streamSlice(checkpointStream, from, pageEvents).at(-1);
      if (last === undefined) return this.#latest;
      this.#latest = checkpointOf(last);
    }
  }

  /** Whether anything but checkpoints was recorded since this one. */
  hasNews({ size }: Checkpoint): boolean {
    const since = this.#parts.log.slice(size, longestRun);
    return since.length === longestRun || since.some(({ type }) => type !== checkpointSigned.type);
  }

  /**
   * Records a signed note right after `revision`; undefined where another writer was first. In doubt it is tried
   * again with the same id at the same place, so that it cannot be written twice.
   */
  async record(
    checkpoint: Checkpoint,
    note: string,
    revision: number,
  ): Promise<Result<SignedCheckpoint | undefined>> {
    const { store, uuid } = this.#parts;
    const event = plainEvent(checkpointSigned, { note }, uuid());
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const result = await store.append(checkpointStream, [event], revision);
      if (result.outcome === 'appended') {
        this.#latest = { ...checkpoint, note, revision: result.revision };
        return ok(this.#latest);
      }
      if (result.outcome === 'conflict') return ok(undefined);
      if (result.outcome === 'refused') return fail(result.code, 'The checkpoint could not be recorded');
      await sleep(firstPauseMs * 2 ** attempt);
    }
    return fail('outcome-unknown', 'Whether the checkpoint was recorded is not known');
  }
}

/** Throws where the event does not hold a checkpoint: whoever wrote it was not this service. */
const checkpointOf = (event: RecordedEvent): SignedCheckpoint => {
  const stored: unknown = JSON.parse(event.data.toString('utf8'));
  const payload = openPayload([checkpointSigned], event.type, event.metadata.schemaVersion, stored);
  const { note } = payload as CheckpointSigned; // The registry says that this type has this payload.
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
  if (checkpoint === undefined) throw new Error('an event of the stream of checkpoints holds none');
  return { ...checkpoint, note, revision: event.revision };
};
