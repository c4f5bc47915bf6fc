import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { Millis } from '../../schemas/instant.ts';
import {
  type At,
  type ConsentEntry,
  type Effect,
  emptyRecord,
  type PatientEvent,
  type PatientRecord,
  type Restriction,
} from './state.ts';

const dayMs = 86_400_000;
const maxRequests = 1_000;

/** The record after one more event. For several events `fold` is much faster. */
export const evolve = (record: PatientRecord, event: PatientEvent): PatientRecord => fold(record, [event]);

/** The record of these events alone. */
export const replay = (events: Iterable<PatientEvent>): PatientRecord => fold(emptyRecord, events);

/** The record after `events`, which follow it in order of revision. The given record is left as it is. */
export function fold(record: PatientRecord, events: Iterable<PatientEvent>): PatientRecord {
  const draft = new Draft(record);
  for (const event of events) draft.add(event);
  return draft.finish();
}

type DraftEntry = { -readonly [Key in keyof ConsentEntry]: ConsentEntry[Key] } & { revocations: Effect[] };

/** A record under change: copies an entry before it first changes it, so that each event takes constant time. */
class Draft {
  private readonly before: PatientRecord;
  private last: PatientEvent | undefined;
  private consents: ConsentEntry[];
  private emergencies: PatientRecord['emergencies'][number][];
  private requests: PatientRecord['requests'][number][];
  private restrictions: readonly Restriction[];
  private places: Map<string, number>;
  private erased: At | undefined;
  private readonly copied = new Map<number, DraftEntry>();

  constructor(record: PatientRecord) {
    this.before = record;
    this.consents = [...record.consents];
    this.emergencies = [...record.emergencies];
    this.requests = [...record.requests];
    this.places = new Map(record.consents.map((entry, place) => [entry.grant.consentId, place]));
    this.restrictions = record.restrictions ?? [];
    this.erased = record.erased;
  }

  add(event: PatientEvent): void {
    const at = { revision: event.revision, recordedAt: event.recordedAt };
    switch (event.type) {
      case 'ConsentGranted':
        this.places.set(event.payload.consentId, this.consents.length);
        this.consents.push({ grant: kept(event.payload), ...at, revocations: [] });
        break;
      case 'ConsentRevoked': {
        const entry = this.editable(event.payload.consentId);
        entry?.revocations.push({
          ...at,
          effectiveAt: effectOf(event.payload.effectiveAt, entry, at.recordedAt),
        });
        break;
      }
      case 'ConsentInvalidated': {
        const entry = this.editable(event.payload.consentId);
        if (entry) entry.invalidated ??= at;
        break;
      }
      case 'ConsentExpired': {
        const entry = this.editable(event.payload.consentId);
        if (entry) entry.expired ??= at;
        break;
      }
      case 'EmergencyAccessDeclared': {
        const { declarationId, recipient, from, until } = event.payload;
        this.emergencies.push({
          ...at,
          declarationId,
          recipient,
          from: from === undefined ? at.recordedAt : Math.max(Date.parse(from), at.recordedAt),
          until: Date.parse(until),
        });
        break;
      }
      case 'RestrictionPlaced': {
        const { restrictionId } = event.payload;
        this.restrictions = [...this.restrictions, { ...at, restrictionId }];
        break;
      }
      case 'RestrictionLifted': {
        const { restrictionId } = event.payload;
        this.restrictions = this.restrictions.map((each) =>
          each.restrictionId === restrictionId ? { ...each, lifted: each.lifted ?? at } : each,
        );
        break;
      }
      case 'PatientErased':
        this.restrictions = [];
        this.consents = [];
        this.emergencies = [];
        this.requests = [];
        this.places = new Map();
        this.erased = at;
        break;
    }
    if (event.requestHash) this.requests.push({ ...at, id: event.id, hash: event.requestHash });
    this.last = event;
  }

  finish(): PatientRecord {
    if (!this.last) return this.before;
    const { consents, emergencies } = this;
    const { revision, recordedAt } = this.last;
    const requests = this.requests
      .filter((request) => request.recordedAt > recordedAt - dayMs)
      .slice(-maxRequests);
    const restrictions = this.restrictions.length > 0 && { restrictions: this.restrictions };
    const record = { revision, recordedAt, consents, emergencies, requests, ...restrictions };
    return this.erased === undefined ? { ...this.before, ...record } : { ...record, erased: this.erased }; // Whole: it leaves nothing out.
  }

  private editable(consentId: string): DraftEntry | undefined {
    const place = this.places.get(consentId);
    if (place === undefined) return undefined;
    const copied = this.copied.get(place);
    if (copied) return copied;
    const entry = this.consents[place];
    if (!entry) return undefined;
    const copy = { ...entry, revocations: [...entry.revocations] };
    this.consents[place] = copy;
    this.copied.set(place, copy);
    return copy;
  }
}

/** A revocation takes effect when it was recorded, or signed if that is later, unless it says when (S2.2). */
const effectOf = (effectiveAt: string | undefined, entry: ConsentEntry, recordedAt: Millis): Millis =>
  effectiveAt === undefined
    ? Math.max(recordedAt, Date.parse(entry.grant.signedAt))
    : Date.parse(effectiveAt);

/** What answers need of a grant: without who recorded it and without the resource that it was read from. */
function kept({ fhir, agent: _, ...grant }: ConsentGranted): ConsentEntry['grant'] {
  return fhir === undefined
    ? grant
    : { ...grant, resourceKey: fhir.resourceKey, contentSha256: fhir.contentSha256 };
}
