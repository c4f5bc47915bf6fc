import type { DecisionEntry, DecisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import { decisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import { canonicalText, commitmentOf } from '../record/commitment.ts';
import { EnvelopeBroken, open, type Place, seal } from '../record/envelope.ts';
import type { StreamPlace } from '../record/sealing.ts';
import type { SubjectKey } from '../vault/keyring.ts';
import { randomBytesPooled } from '../vault/random.ts';

const saltLength = 32;

export type SealedEntry = DecisionsRecorded['entries'][number];

/** An entry as it will be sealed: its RFC 8785 text, salted, and the commitment to it. */
export interface CommittedEntry {
  readonly salt: Buffer;
  readonly text: string;
  readonly commitment: string;
}

/** Throws NotCanonical where the question has no RFC 8785 form: it is then refused before anything waits for it. */
export const commitEntry = (entry: DecisionEntry): CommittedEntry => {
  const text = canonicalText(entry);
  const salt = randomBytesPooled(saltLength);
  return { salt, text, commitment: commitmentOf(salt, text) };
};

/**
 * Seals an entry under its subject's key. Its envelope is bound to the same place as any other's: tenant, stream,
 * revision of the event, type, schema version, key id. The sealed text is `[salt (base64url), entry]`. Where in the
 * event it stands is bound by the event's commitment (entries-tree.ts).
 */
export const sealEntry = (
  { salt, text, commitment }: CommittedEntry,
  { subject, key }: SubjectKey,
  place: StreamPlace,
): SealedEntry => {
  const plain = `["${salt.toString('base64url')}",${text}]`;
  const envelope = seal(key, subject, placeOf(place, decisionsRecorded.versions.length), plain);
  return { keyId: subject, commitment, envelope: envelope.toString('base64url') };
};

/** An entry as it was sealed: with its salt anyone can check the commitment to it. */
export interface OpenedEntry {
  readonly salt: Buffer;
  readonly entry: DecisionEntry;
}

/**
 * Opens an entry of an event of `schemaVersion` at `place`. Throws EnvelopeBroken where it does not belong there or
 * is not what its commitment says.
 */
export const openSalted = (
  sealed: Pick<SealedEntry, 'commitment' | 'envelope'>,
  { subject, key }: SubjectKey,
  place: StreamPlace,
  schemaVersion: number,
): OpenedEntry => {
  const envelope = Buffer.from(sealed.envelope, 'base64url');
  const plain = open(key, subject, placeOf(place, schemaVersion), envelope);
  const [text, entry] = JSON.parse(plain.toString('utf8')) as [string, DecisionEntry];
  const salt = Buffer.from(text, 'base64url');
  if (commitmentOf(salt, canonicalText(entry)) !== sealed.commitment)
    throw new EnvelopeBroken('the entry is not what its commitment says');
  return { salt, entry };
};

/** As `openSalted`, without the salt. */
export const openEntry = (...sealed: Parameters<typeof openSalted>): DecisionEntry =>
  openSalted(...sealed).entry;

const placeOf = (place: StreamPlace, schemaVersion: number): Place => ({
  ...place,
  type: decisionsRecorded.type,
  schemaVersion,
});
