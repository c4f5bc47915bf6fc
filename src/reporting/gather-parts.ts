import type { EventDefinition } from '../../schemas/events/define.ts';
import type { StatedErasure } from '../../schemas/export/package.ts';
import type { Result } from '../../schemas/result.ts';
import type { DisclosureRef } from '../projections/port.ts';
import type { LogReader } from '../store/log-reader.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { AnswersTable } from './answers-table.ts';
import type { CohortTable } from './cohort-table.ts';
import type { ExportFile } from './export-file.ts';
import type { ExportAbout } from './request.ts';

/** The checkpoint that an export is proven under: its events are those with a leaf index below `size`. */
export interface ExportCheckpoint {
  readonly note: string;
  readonly size: number;
}

/** What an export needs of the evidence, whose thread is another. */
export interface ExportProofs {
  /**
   * Has a checkpoint signed and walks the heads tree under it to these keys (heads-walk.ts), which are chosen while
   * the evidence waits.
   */
  walkHeads(
    keysUnder: (checkpoint: ExportCheckpoint) => Promise<Uint8Array>,
  ): Promise<Result<{ readonly checkpoint: ExportCheckpoint; readonly walk: Uint8Array }>>;
  /** The leaf hashes at these indices, 32 bytes each. */
  leafHashes(indices: Float64Array): Promise<Result<Uint8Array>>;
  /** The hashes beside these leaves in the log of `size` events, 32 bytes each. */
  besideLeaves(indices: Float64Array, size: number): Promise<Uint8Array>;
  /** That the log of one checkpoint is that of an earlier one, gone on. */
  growth(from: number, to: number): Promise<Result<string[]>>;
  /** Signs an export by the SHA-256 of its lines before the last. */
  signExport(exportId: string, digest: Uint8Array): Promise<string>;
}

/** What the read models know across patients. */
export interface ExportIndexes {
  /** As Projections.disclosures, over all time. */
  disclosures(subject: string, after: DisclosureRef | undefined, limit: number): readonly DisclosureRef[];
  /** Subjects with a consent under a form, in order, after `after`. */
  underForm(tenant: string, formId: string, after: string, limit: number): readonly string[];
}

/** What an export is gathered from, and where to. */
export interface GatherParts {
  readonly about: ExportAbout;
  readonly file: ExportFile;
  readonly cohort: CohortTable;
  readonly answers: AnswersTable;
  readonly log: Pick<LogReader, 'slice' | 'streamSlice' | 'streams' | 'erasures'>;
  readonly indexes: ExportIndexes;
  readonly keyring: Pick<Keyring, 'find' | 'keyOf'>;
  /** What is stated of a request for erasure; undefined where it is not executed yet, or was forgotten. */
  readonly statedOf: (erasureId: string) => Promise<StatedErasure | undefined>;
  readonly definitions: readonly EventDefinition[];
  readonly proofs: ExportProofs;
  /** Sizes of the checkpoints of earlier exports: that the log has only grown since is proven. */
  readonly earlier: readonly number[];
  /** `share`: of this stage, 0 to 1. */
  readonly onProgress: (stage: Stage, share: number, patients: number) => void;
}

/** What is being done to an export. */
export type Stage = 'choosing' | 'answers' | 'patients' | 'proofs' | 'rendering' | 'signing' | 'issuing';
