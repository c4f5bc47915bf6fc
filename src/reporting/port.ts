import type { Agent } from '../../schemas/events/define.ts';
import type { ExportKind, ExportLanguage } from '../../schemas/export/package.ts';
import type { Millis } from '../../schemas/instant.ts';
import type { Result } from '../../schemas/result.ts';
import type { ExportStatus } from './export-index.ts';
import type { Stage } from './gather-parts.ts';
import type { AskedCohort, AskedExport, ExportAbout } from './request.ts';

export type { AskedCohort, AskedExport, ExportAbout, ExportStatus, Stage };

/** How an export stands. */
export interface ExportView {
  readonly exportId: string;
  readonly kind: ExportKind;
  readonly language: ExportLanguage;
  readonly createdAt: Millis;
  /** Who asked for what; absent once the export is destroyed. */
  readonly about?: ExportAbout;
  readonly status: ExportStatus;
  /** Why it failed: a stable code. */
  readonly failure?: string;
  readonly progress: {
    /** Absent before and after the work. */
    readonly stage?: Stage;
    /** Of the whole work, 0 to 1. */
    readonly share: number;
    /** Whose records are gathered. */
    readonly patientsDone: number;
    /** 0 while it is not known. */
    readonly patients: number;
    /** An estimate; absent while there is none. */
    readonly secondsLeft?: number;
  };
  readonly finishedAt?: Millis;
  /** When the document is destroyed. */
  readonly expiresAt?: Millis;
  readonly document?: {
    readonly sha256: string;
    readonly bytes: number;
    readonly checkpointSize: number;
  };
}

/** What comes with a request for an export. */
export interface ExportContext {
  /** A UUID derived from the caller's Idempotency-Key; it becomes the id of the export. */
  readonly requestId?: string | undefined;
  readonly requestHash?: string | undefined;
}

export interface ExportSearch {
  readonly kinds: readonly ExportKind[];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ExportPage {
  readonly items: readonly ExportView[];
  readonly next?: string;
}

/** Bytes of an export, chunk after chunk. Rejects where they cannot be read, or were destroyed meanwhile. */
export type ExportBytes = AsyncIterable<Uint8Array>;

/** The exports of this node: asked for, worked on one after the other, kept for a time, destroyed. */
export interface Exports {
  /**
   * Takes a request; the export is then queued, durably. A repeated one (`requestId`) is answered as the first was.
   * Failures: `idempotency-key-reused`, `invalid-request` (a patient's own export is of one
   * identifier), `erasure-unknown`.
   */
  ask(
    tenant: string,
    agent: Agent,
    asked: AskedExport,
    context?: ExportContext,
  ): Promise<Result<{ readonly view: ExportView; readonly replayed: boolean }>>;
  /** Failure: `not-found`. */
  get(tenant: string, exportId: string): Promise<Result<ExportView>>;
  /** Those of a tenant of these kinds, newest first. Failure: `invalid-request` for a cursor of another search. */
  list(tenant: string, search: ExportSearch): Promise<Result<ExportPage>>;
  /** Each change of an export from now on, ending with the one that ends it. */
  watch(tenant: string, exportId: string): AsyncIterable<ExportView>;
  /** Ends the work on it; what was made is destroyed. Failures: `not-found`, `export-over`. */
  cancel(tenant: string, exportId: string): Promise<Result<ExportView>>;
  /** The signed document. Failures: `not-found`, `export-not-ready`, `export-gone`. */
  document(
    tenant: string,
    exportId: string,
  ): Promise<Result<{ readonly bytes: number; readonly chunks: ExportBytes }>>;
  /** The evidence that is attached to it, as JSON lines. Failures as of `document`. */
  package(tenant: string, exportId: string): Promise<Result<{ readonly chunks: ExportBytes }>>;
  /**
   * Destroys every export that this subject is in, and ends the work on those that it would be in; how many there were,
   * with those that were destroyed when the log told of the erasure.
   */
  removeExportsOf(subject: string): Promise<number>;
  /** Ends all watching: nobody who waits for the end of a job shall hold a stop up. */
  release(): void;
  /** Stops the work; it goes on when the exports are opened again. */
  close(): Promise<void>;
}
