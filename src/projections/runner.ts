import type { EventDefinition } from '../../schemas/events/define.ts';
import { definitionOf, UnknownEvent } from '../record/upcast.ts';
import type { IndexedEvent } from '../store/port.ts';
import type { ModelFile, ModelKind } from './model-file.ts';
import type { LogReader } from './thread-log.ts';

/** Makes the rows of one kind of read model from events. */
export interface Projection {
  readonly kind: ModelKind;
  /**
   * Reads what a batch of events needs and gives the writing of it, which is run in the transaction that moves the
   * checkpoint. It is told of every event of the log, known by then to be of a known type and version.
   */
  prepare(model: ModelFile, events: readonly IndexedEvent[]): Promise<() => void>;
}

/** Events that are projected in one transaction. */
export const batchSize = 1_000;

/** Takes one read model forward along the log, exactly once an event. */
export class Runner {
  readonly projection: Projection;
  readonly #log: Pick<LogReader, 'slice'>;
  readonly #model: ModelFile;
  readonly #definitions: readonly EventDefinition[];

  constructor(
    log: Pick<LogReader, 'slice'>,
    model: ModelFile,
    projection: Projection,
    definitions: readonly EventDefinition[],
  ) {
    this.#log = log;
    this.#model = model;
    this.projection = projection;
    this.#definitions = definitions;
  }

  checkpoint(): number {
    return this.#model.checkpoint();
  }

  /**
   * Projects the next batch, up to log index `until`; gives how many events it had. Throws UnknownEvent at a type or
   * version that this code does not know: nothing of that batch is counted then.
   */
  async step(until = Number.POSITIVE_INFINITY): Promise<number> {
    const from = this.#model.checkpoint();
    const events = this.#log.slice(from, Math.min(batchSize, until - from));
    const last = events.at(-1);
    if (last === undefined) return 0;
    for (const { type, metadata } of events) mustKnow(this.#definitions, type, metadata.schemaVersion);
    const write = await this.projection.prepare(this.#model, events);
    this.#model.commit(from, last.index, write);
    return events.length;
  }

  close(): void {
    this.#model.close();
  }
}

/** Throws UnknownEvent for a type or version that this code does not know. */
export const mustKnow = (
  definitions: readonly EventDefinition[],
  type: string,
  schemaVersion: number,
): void => {
  if (schemaVersion > definitionOf(definitions, type).versions.length)
    throw new UnknownEvent(`version ${schemaVersion} of ${type} is not known to this version`);
};
