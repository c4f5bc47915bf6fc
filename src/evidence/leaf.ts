import type { RecordedEvent } from '../store/port.ts';
import { type Hash, leafHash, sha256 } from './merkle.ts';

/** What a leaf says of an event: no clear text, and nothing that must ever be erased. */
export interface Leaf {
  readonly tenant: string;
  readonly stream: string;
  /** 0 for the first event of the stream. */
  readonly revision: number;
  /** Leaf hash of the event before it in the stream; absent for the first. */
  readonly previous?: Hash;
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** ISO 8601 in UTC with milliseconds. */
  readonly recordedAt: string;
  /** base64url, as in the metadata. */
  readonly commitment: string;
  /** SHA-256 of the bytes that are stored, sealed or not. */
  readonly stored: Hash;
}

/** The entry that is hashed: eleven lines of text, each ended by LF (docs/evidence-format.md). */
export const leafEntry = (leaf: Leaf): Buffer =>
  Buffer.from(
    [
      'consent-ledger leaf 1',
      leaf.tenant,
      leaf.stream,
      leaf.revision,
      leaf.previous?.toString('hex') ?? '-',
      leaf.id,
      leaf.type,
      leaf.schemaVersion,
      leaf.recordedAt,
      leaf.commitment,
      leaf.stored.toString('hex'),
      '',
    ].join('\n'),
    'utf8',
  );

/** What the leaf of an event says; `previous` is the leaf hash of the event before it in its stream. */
export const leafOf = (event: RecordedEvent, previous: Hash | undefined): Leaf => ({
  tenant: event.metadata.tenant,
  stream: event.stream,
  revision: event.revision,
  ...(previous && { previous }),
  id: event.id,
  type: event.type,
  schemaVersion: event.metadata.schemaVersion,
  recordedAt: new Date(event.recordedAt).toISOString(),
  commitment: event.metadata.commitment,
  stored: sha256(event.data),
});

/** RFC 9162 leaf hash of its entry. */
export const hashOfLeaf = (leaf: Leaf): Hash => leafHash(leafEntry(leaf));

const linkPrefix = Buffer.of(2);
const noLink = Buffer.alloc(32);

/**
 * The chain of the decisions about one subject, in log order: HASH(0x02 || previous link, or 32 zero bytes ||
 * leaf hash of the DecisionsRecorded event || number of the entry, 4 bytes big-endian || commitment of the entry).
 */
export const decisionLink = (
  previous: Hash | undefined,
  event: Hash,
  entry: number,
  commitment: Buffer,
): Hash => {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(entry);
  return sha256(Buffer.concat([linkPrefix, previous ?? noLink, event, number, commitment]));
};

/** The name under which the heads tree holds that chain; no stream has a colon in its name. */
export const decisionsOf = (subject: string): string => `decisions:${subject}`;
