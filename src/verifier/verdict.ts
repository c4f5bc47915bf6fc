import type { ExportHeader } from '../../schemas/export/package.ts';
import type { Begun } from './begin.ts';
import type { Fault } from './fault.ts';

/** How many of each were checked. */
export interface Checked {
  /** Lines of the package. */
  records: number;
  patients: { known: number; unknown: number; erased: number };
  /** Of the patients. */
  events: number;
  eventsOpened: number;
  /** Logged answers about the patients. */
  decisions: number;
  /** These were worked out again from the events, and came to the same. */
  decisionsOpened: number;
  /** Statements about erasures: they name the request, the moment and the number of events that the log has. */
  erasures: number;
  /** Versions of the settings that answers were given under. */
  settings: number;
  /** Leaves of the log that all of it stands in. */
  leaves: number;
}

/** The checkpoint that all is proven under; hashes in hexadecimal. */
export interface ShownCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly heads: string;
  readonly recordedAt: string;
}

export interface PackageVerdict {
  readonly valid: boolean;
  readonly fault?: Fault;
  /** What was asked: as the package says, and no more to be trusted than `valid`. */
  readonly export?: Omit<ExportHeader, 'record' | 'version' | 'checkpoint'>;
  readonly checkpoint?: ShownCheckpoint;
  /** Size of the earlier checkpoint that the log was shown to go on from. */
  readonly grownFrom?: number;
  readonly checked: Checked;
}

export const nothingChecked = (): Checked => ({
  records: 0,
  patients: { known: 0, unknown: 0, erased: 0 },
  events: 0,
  eventsOpened: 0,
  decisions: 0,
  decisionsOpened: 0,
  erasures: 0,
  settings: 0,
  leaves: 0,
});

/** `begun`, `checked`: as far as it came. */
export const verdictOf = (
  fault: Fault | undefined,
  begun: Begun | undefined,
  checked: Checked = nothingChecked(),
): PackageVerdict => {
  if (begun === undefined) return { valid: false, ...(fault && { fault }), checked };
  const { header, checkpoint, growth } = begun;
  const { record: _, version: __, checkpoint: ___, ...about } = header;
  const { root, heads, ...rest } = checkpoint;
  return {
    valid: fault === undefined,
    ...(fault && { fault }),
    export: about,
    checkpoint: { ...rest, root: root.toString('hex'), heads: heads.toString('hex') },
    ...(growth.shownFrom !== undefined && { grownFrom: growth.shownFrom }),
    checked,
  };
};
