import type { Hash } from './merkle.ts';

/** What a log commits to at a size: it follows from the events alone, and is the same on every node. */
export interface EvidenceState {
  /** Number of events in the log. */
  readonly size: number;
  /** Root of the Merkle tree over them (RFC 9162). */
  readonly root: Hash;
  /** Root of the heads tree over the same events. */
  readonly heads: Hash;
  /** recordedAt of the last of them, ISO 8601 with milliseconds. */
  readonly recordedAt: string;
}

/** What the ledger says of itself at a moment: the log and the heads of its streams (C2SP tlog-checkpoint). */
export interface Checkpoint extends EvidenceState {
  /** Which ledger: a schema-less URL, the same in all its checkpoints. */
  readonly origin: string;
}

/** The note text of a checkpoint: three lines of tlog-checkpoint and two extension lines. */
export const checkpointText = ({ origin, size, root, heads, recordedAt }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\nheads ${heads.toString('base64')}\nrecorded ${recordedAt}\n`;

/** Reads the note text of a checkpoint; undefined unless it is exactly what `checkpointText` writes. */
export const parseCheckpoint = (text: string): Checkpoint | undefined => {
  const [, origin, size, root, heads, recordedAt] =
    /^([^\n]+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/=]{44})\nheads ([A-Za-z0-9+/=]{44})\nrecorded ([^\n]+)\n$/.exec(
      text,
    ) ?? [];
  if (!origin || !size || !root || !heads || !recordedAt) return undefined;
  const checkpoint = {
    origin,
    size: Number(size),
    root: Buffer.from(root, 'base64'),
    heads: Buffer.from(heads, 'base64'),
    recordedAt,
  };
  return Number.isSafeInteger(checkpoint.size) && checkpointText(checkpoint) === text
    ? checkpoint
    : undefined;
};
