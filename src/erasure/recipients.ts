import type { Recipient } from '../../schemas/erasure.ts';
import type { DecisionEntry } from '../../schemas/events/decisions-recorded.ts';
import type { EventDefinition } from '../../schemas/events/define.ts';
import { ok, type Result } from '../../schemas/result.ts';
import { isoOf } from '../consent/time.ts';
import { Accounting } from '../decisions/accounting.ts';
import { openEntry } from '../decisions/entry.ts';
import { sealedEntries } from '../projections/disclosures-index.ts';
import type { Projections } from '../projections/port.ts';
import type { IndexedEvent, LocalLog } from '../store/port.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { joinRecipients } from './erasure.ts';

/** Recipients, and up to which log index they were counted. */
export interface Listed {
  readonly recipients: readonly Recipient[];
  readonly upTo: number;
}

export interface RecipientsParts {
  readonly log: Pick<LocalLog, 'slice' | 'head'>;
  readonly projections: Pick<Projections, 'disclosures' | 'caughtUp'>;
  readonly definitions: readonly EventDefinition[];
  /** How long the index of disclosures is waited for. */
  readonly waitMs: number;
}

const page = 500;
const pageEvents = 1_000;

/** Everyone who was answered anything but deny about a subject. Failures: `position-pending`, `record-unreadable`. */
export const listRecipients = async (
  { log, projections, definitions, waitMs }: RecipientsParts,
  key: SubjectKey,
): Promise<Result<Listed>> => {
  const upTo = log.head();
  const accounting = new Accounting(log, projections, definitions, waitMs);
  let recipients: readonly Recipient[] = [];
  for (let cursor: string | undefined; ; ) {
    const found = await accounting.page(key, {}, { limit: page, ...(cursor !== undefined && { cursor }) });
    if (!found.ok) return found;
    const told = found.value.items.flatMap((entry) => recipientOf(entry, entry.recordedAt));
    recipients = joinRecipients(recipients, told);
    cursor = found.value.next;
    if (cursor === undefined) return ok({ recipients, upTo });
  }
};

/**
 * Those of answers that came into the log after index `since`, read from the log itself: the index has no row of a
 * subject that is closed. Throws EnvelopeBroken and UnknownEvent.
 */
export const lateRecipients = async (
  { log, definitions }: Pick<RecipientsParts, 'log' | 'definitions'>,
  { subject, key }: SubjectKey,
  since: number,
): Promise<Listed> => {
  const upTo = log.head();
  let recipients: readonly Recipient[] = [];
  for (let after = since; after < upTo; ) {
    const events = log.slice(after, Math.min(pageEvents, upTo - after));
    const told = events
      .filter(({ type }) => type === 'DecisionsRecorded')
      .flatMap((event) => entriesAbout(event, { subject, key }, definitions));
    recipients = joinRecipients(recipients, told);
    after = events.at(-1)?.index ?? upTo;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { recipients, upTo };
};

const entriesAbout = (
  event: IndexedEvent,
  key: SubjectKey,
  definitions: readonly EventDefinition[],
): Recipient[] => {
  const { tenant, schemaVersion } = event.metadata;
  const place = { tenant, stream: event.stream, revision: event.revision };
  return sealedEntries(event, definitions)
    .filter(({ keyId }) => keyId === key.subject)
    .flatMap((entry) => recipientOf(openEntry(entry, key, place, schemaVersion), event.recordedAt));
};

const recipientOf = ({ question, answer }: DecisionEntry, recordedAt: number): Recipient[] => {
  if (answer.items.every(({ decision }) => decision === 'deny')) return [];
  const at = isoOf(recordedAt);
  return [{ reference: question.recipient.reference, answers: 1, first: at, last: at }];
};
