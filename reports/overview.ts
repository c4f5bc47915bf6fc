import { createHash } from 'node:crypto';
import type { DecisionEntry } from '../schemas/events/decisions-recorded.ts';
import type { ExportEnd, ExportHeader, ExportRecord } from '../schemas/export/package.ts';
import { replay } from '../src/consent/evolve.ts';
import { standings } from '../src/consent/standing.ts';
import type { PatientEvent } from '../src/consent/state.ts';
import { patientEvent } from './opened.ts';
import type { Outcome } from './text/wording.ts';

const dayMs = 86_400_000;

/** What the first page says: the whole export in numbers. */
export interface Overview {
  readonly header: ExportHeader;
  readonly end: ExportEnd;
  readonly closedEvents: number;
  readonly closedDecisions: number;
  /** Items that were asked about, by what was answered. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** By day since 1970 (UTC), in order: how many consents are in force from its start on, as known at the checkpoint. */
  readonly inForce: readonly { readonly day: number; readonly count: number }[];
  readonly attachment: { readonly sha256: string; readonly bytes: number };
}

/** An export whose records do not begin with `export` or do not end with `end`. */
export class IncompleteExport extends Error {}

/** Reads the export once, for its numbers. */
export const overviewOf = async (
  records: AsyncIterable<ExportRecord>,
  attachment: AsyncIterable<Uint8Array>,
): Promise<Overview> => {
  let header: ExportHeader | undefined;
  let end: ExportEnd | undefined;
  let closedEvents = 0;
  let closedDecisions = 0;
  const outcomes = { permit: 0, deny: 0, conditional: 0 };
  const changes = new Map<number, number>();
  let events: PatientEvent[] = [];
  for await (const record of records) {
    switch (record.record) {
      case 'export':
        header = record;
        break;
      case 'patient':
        countInForce(events, changes);
        events = [];
        break;
      case 'event': {
        const event = patientEvent(record);
        if (event === undefined) closedEvents += 1;
        else events.push(event);
        break;
      }
      case 'decision':
        if (record.opened === undefined) closedDecisions += 1;
        else countOutcomes(record.opened.payload as unknown as DecisionEntry, outcomes);
        break;
      case 'end':
        end = record;
        break;
    }
  }
  countInForce(events, changes);
  if (header === undefined || end === undefined) throw new IncompleteExport('the export is cut off');
  const inForce = summed(changes);
  return {
    header,
    end,
    closedEvents,
    closedDecisions,
    outcomes,
    inForce,
    attachment: await hashed(attachment),
  };
};

const countOutcomes = ({ answer }: DecisionEntry, outcomes: Record<Outcome, number>): void => {
  for (const { decision } of answer.items) outcomes[decision] += 1;
};

/** Adds when the consents of one patient begin and end (S2.1); one that holds for all the past begins when it was signed. */
const countInForce = (events: readonly PatientEvent[], changes: Map<number, number>): void => {
  if (events.length === 0) return;
  const add = (at: number, change: number) => {
    const day = Math.ceil(at / dayMs);
    if (Number.isFinite(day)) changes.set(day, (changes.get(day) ?? 0) + change);
  };
  for (const { begins, ends, signedAt } of standings(replay(events).consents)) {
    add(Number.isFinite(begins) ? begins : signedAt, 1);
    add(ends, -1);
  }
};

const summed = (changes: ReadonlyMap<number, number>): Overview['inForce'] => {
  let count = 0;
  return [...changes]
    .sort(([a], [b]) => a - b)
    .map(([day, change]) => {
      count += change;
      return { day, count };
    });
};

const hashed = async (attachment: AsyncIterable<Uint8Array>): Promise<Overview['attachment']> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of attachment) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
};
