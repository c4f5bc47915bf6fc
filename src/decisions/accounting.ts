import { z } from 'zod';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import type { EventDefinition } from '../../schemas/events/define.ts';
import type { Span } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import { cursorOf, placeOf } from '../projections/cursor.ts';
import { sealedEntries } from '../projections/disclosures-index.ts';
import type { DisclosureRef, Projections } from '../projections/port.ts';
import { EnvelopeBroken } from '../record/envelope.ts';
import { UnknownEvent } from '../record/upcast.ts';
import type { IndexedEvent, LocalLog } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { askedAtOf } from './decision-id.ts';
import { openEntry } from './entry.ts';
import type { Disclosure, Page } from './port.ts';

const findPage = 100;

/** Logged answers about one subject, read through the index and opened with the subject's key. */
export class Accounting {
  readonly #log: Pick<LocalLog, 'slice'>;
  readonly #index: Pick<Projections, 'disclosures' | 'caughtUp'>;
  readonly #definitions: readonly EventDefinition[];
  readonly #waitMs: number;

  /** `waitMs`: how long a reader waits for the index to have counted what the log holds. */
  constructor(
    log: Pick<LocalLog, 'slice'>,
    index: Pick<Projections, 'disclosures' | 'caughtUp'>,
    definitions: readonly EventDefinition[],
    waitMs: number,
  ) {
    this.#log = log;
    this.#index = index;
    this.#definitions = definitions;
    this.#waitMs = waitMs;
  }

  /** One page, oldest first; nothing that was in the log when it was asked for is left out. */
  async page(
    subjectKey: SubjectKey,
    span: Span,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  ): Promise<Result<Page<Disclosure>>> {
    const after = cursor === undefined ? undefined : placeOf(cursor, refPlace);
    if (cursor !== undefined && after === undefined)
      return fail('invalid-request', 'This cursor was not given by this search', '/cursor');
    if (!(await this.#index.caughtUp(this.#waitMs))) return behind;
    return reading(() => {
      const refs = this.#index.disclosures(subjectKey.subject, span, after, limit + 1);
      const shown = refs.slice(0, limit);
      const items = this.#open(shown, subjectKey);
      const last = shown.at(-1);
      return refs.length > limit && last
        ? { items, next: cursorOf([last.recordedAt, last.index, last.entry]) }
        : { items };
    });
  }

  /** The entry of one answer; undefined where there is none about this subject. */
  async find(subjectKey: SubjectKey, decisionId: string): Promise<Result<DecisionEntry | undefined>> {
    const from = askedAtOf(decisionId);
    if (from === undefined) return ok(undefined);
    if (!(await this.#index.caughtUp(this.#waitMs))) return behind;
    return reading(() => {
      let after: DisclosureRef | undefined;
      for (;;) {
        const refs = this.#index.disclosures(subjectKey.subject, { from }, after, findPage);
        const found = this.#open(refs, subjectKey).find((entry) => entry.decisionId === decisionId);
        if (found !== undefined || refs.length < findPage) return found && entryOf(found);
        after = refs.at(-1);
      }
    });
  }

  #open(refs: readonly DisclosureRef[], subjectKey: SubjectKey): Disclosure[] {
    const byEvent = Map.groupBy(refs, ({ index }) => index);
    return [...byEvent].flatMap(([index, here]) => {
      const event = this.#eventAt(index);
      const sealed = sealedEntries(event, this.#definitions);
      const { tenant, schemaVersion } = event.metadata;
      const place = { tenant, stream: event.stream, revision: event.revision };
      return here.map(({ entry }) => ({
        ...openEntry(sealed[entry]!, subjectKey, place, schemaVersion),
        recordedAt: event.recordedAt,
      }));
    });
  }

  #eventAt(index: number): IndexedEvent {
    const [event] = this.#log.slice(index - 1, 1);
    if (event === undefined) throw new EnvelopeBroken('the log does not hold what its index names');
    return event;
  }
}

const behind = fail('position-pending', 'The index of disclosures has not yet counted the whole log');

const entryOf = ({ recordedAt: _, ...entry }: Disclosure): DecisionEntry => entry;

const reading = <T>(read: () => T): Result<T> => {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof EnvelopeBroken || error instanceof UnknownEvent)
      return fail('record-unreadable', 'A logged answer cannot be read');
    throw error;
  }
};

const refPlace = z
  .tuple([z.int(), z.int(), z.int()])
  .transform(([recordedAt, index, entry]): DisclosureRef => ({ recordedAt, index, entry }));
