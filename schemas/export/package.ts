import { z } from 'zod';
import { identifier, uuid } from '../coding.ts';
import { erasureId, erasureOfficers, erasureStatement } from '../erasure.ts';
import { agent } from '../events/define.ts';
import { instant } from '../instant.ts';
import { settings } from '../settings.ts';

/**
 * The machine-readable evidence inside an export: JSON lines (a record a line, RFC 8785 form, each ended by LF),
 * in this order: one `export`; the `settings` that exported decisions were given under; the `decisions` events that
 * hold them, by index; each patient's `patient`, its `event`s by revision, its `erasure`, its `decision`s in log order; the proofs,
 * `tree` then `heads` then `consistency`; one `end`. docs/evidence-format.md section 8 says what of it is hashed and
 * signed, and how it is checked.
 */

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** 32 bytes as base64url: its 43rd character says four bits, and has no others to play with. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
const count = z.int().min(0);

/** What a report is about. `patient`: the whole record of one (Art. 15, 20 GDPR). `erasures`: the register of them. */
export const exportKinds = ['history', 'disclosures', 'patient', 'erasures'] as const;
export const exportKind = z.enum(exportKinds);
export type ExportKind = z.infer<typeof exportKind>;

/** Languages that reports are written in: a file each under reports/text/. */
export const exportLanguages = ['en', 'de'] as const;
export const exportLanguage = z.enum(exportLanguages);
export type ExportLanguage = z.infer<typeof exportLanguage>;

/** Who was asked about: identifiers as they were given, all under a form, everybody, or whom one erasure was of. */
export const exportCohort = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('identifiers'),
    asked: count.describe('How many different ones: each has its `patient`'),
  }),
  z.strictObject({ by: z.literal('form'), formId: z.string() }),
  z.strictObject({ by: z.literal('all') }),
  z.strictObject({ by: z.literal('erasure'), erasureId }),
]);

/** The first record: what was asked, by whom, and the checkpoint that all of it is proven under. */
export const exportHeader = z.strictObject({
  record: z.literal('export'),
  version: z.literal(1),
  exportId: uuid,
  kind: exportKind,
  language: exportLanguage,
  tenant: z.string(),
  requestedBy: agent,
  requestedAt: instant,
  reason: z.string().max(500).optional().describe('On what ground or order, in the words of who asked'),
  cohort: exportCohort,
  period: z
    .strictObject({ from: instant.optional(), until: instant.optional() })
    .optional()
    .describe(
      'from <= recordedAt < until: what was recorded before `until` is opened, of answers only those within',
    ),
  checkpoint: z.string().describe('C2SP signed note; events after it are not in the export'),
});
export type ExportHeader = z.infer<typeof exportHeader>;

/** What the leaf of an event binds, without what follows from where it stands: docs/evidence-format.md section 1. */
const leaf = {
  index: count.describe('Of its leaf; the first of the log has 0'),
  id: z.string(),
  type: z.string(),
  schemaVersion: z.int().min(1),
  recordedAt: instant,
  commitment: bytes32,
  stored: hash,
};

/**
 * Salt and payload as they were sealed: what the commitment is to. Of a `known` patient every event that was recorded
 * before `period.until` is opened, and every answer recorded within the period, in every kind of report; of an `erased`
 * one nothing but PatientErased, which was not sealed, so that its salt is empty.
 */
const opened = z.strictObject({
  salt: z.union([bytes32, z.literal('')]),
  payload: z.record(z.string(), z.unknown()),
});

/** Settings that decisions of this export were given under: an event of the ledger's own, which is not sealed. */
export const exportSettings = z.strictObject({
  record: z.literal('settings'),
  ...leaf,
  tenant: z.string(),
  stream: z.string(),
  revision: count,
  previous: hash.optional(),
  payload: z.strictObject({ hash: z.string(), settings }),
});
export type ExportSettings = z.infer<typeof exportSettings>;

/** A DecisionsRecorded event that holds answers about patients of this export, and proof of these of its entries. */
export const exportDecisions = z.strictObject({
  record: z.literal('decisions'),
  ...leaf,
  tenant: z.string(),
  stream: z.string(),
  revision: count,
  previous: hash.optional(),
  entries: z.int().min(1).describe('How many it holds, about whomever'),
  beside: z
    .array(hash)
    .describe('Hashes of what stands beside the entries of this export, left to right (section 8)'),
});
export type ExportDecisions = z.infer<typeof exportDecisions>;

/**
 * A patient of the cohort. `unknown`: the ledger knows nobody of this identifier. `erased`: the stream ends with
 * PatientErased, and what its events said is gone.
 */
export const exportPatient = z.strictObject({
  record: z.literal('patient'),
  number: z.int().min(1).describe('Counted from 1 in this export'),
  status: z.enum(['known', 'unknown', 'erased']),
  identifier: identifier
    .optional()
    .describe('As it was asked for; absent where the cohort is not of identifiers'),
  subject: uuid
    .optional()
    .describe('Random id that the ledger has for this patient; absent where it is unknown'),
  events: count.describe('All of the stream of consents-<subject> up to the checkpoint'),
  decisions: count.describe('All logged answers about this patient up to the checkpoint'),
});
export type ExportPatient = z.infer<typeof exportPatient>;

/** An event of the patient before; its stream, tenant (the header's) and previous leaf follow from where it stands. */
export const exportEvent = z.strictObject({
  record: z.literal('event'),
  ...leaf,
  revision: count,
  opened: opened.optional(),
});
export type ExportEvent = z.infer<typeof exportEvent>;

/**
 * What the ledger states of the erasure of the patient before, in a register of erasures or the certificate of one;
 * absent where it is under way still, or the request was forgotten. The officers stand in a certificate alone.
 */
export const exportErasure = z.strictObject({
  record: z.literal('erasure'),
  ...erasureStatement.shape,
  ...erasureOfficers.partial().shape,
  epochRetired: z
    .boolean()
    .optional()
    .describe('Whether the key of that epoch was gone from the key store when the export was made'),
  irrecoverableSince: instant
    .optional()
    .describe('When that key was destroyed; absent where it was not yet, or the moment is not known'),
});
export type ExportErasure = z.infer<typeof exportErasure>;
/** The same before it is a record. */
export type StatedErasure = Omit<ExportErasure, 'record'>;

/** A logged answer about the patient before: which entry of which `decisions` record, and what it said. */
export const exportDecision = z.strictObject({
  record: z.literal('decision'),
  index: count.describe('Of the event'),
  entry: count,
  commitment: bytes32,
  opened: opened.optional(),
});
export type ExportDecision = z.infer<typeof exportDecision>;

/** Hashes of the subtrees of the log in which nothing of this export stands, left to right (section 8). */
export const exportTree = z.strictObject({
  record: z.literal('tree'),
  beside: z.array(hash).min(1).max(1000),
});

/** The walk through the heads tree to each name of this export, from the left (section 8). */
export const exportHeads = z.strictObject({
  record: z.literal('heads'),
  walk: z
    .array(
      z.union([
        z.literal('branch'),
        z.literal('empty'),
        z.strictObject({ beside: hash }),
        z.strictObject({ key: hash, count: z.int().min(1), hash }),
      ]),
    )
    .min(1)
    .max(1000),
});
export type ExportHeads = z.infer<typeof exportHeads>;

/** That the log has only grown since an earlier checkpoint: for whoever kept it (RFC 9162 section 2.1.4). */
export const exportConsistency = z.strictObject({
  record: z.literal('consistency'),
  from: count.describe('Size of the earlier checkpoint'),
  path: z.array(hash).max(128),
});
export type ExportConsistency = z.infer<typeof exportConsistency>;

/** The last record; without it the export is cut off. Its note signs all lines before it. */
export const exportEnd = z.strictObject({
  record: z.literal('end'),
  patients: z.strictObject({ known: count, unknown: count, erased: count }),
  events: count,
  decisions: count,
  records: count.describe('Lines in all, this one among them'),
  note: z.string().describe('C2SP signed note: origin, export id, SHA-256 of all bytes before this line'),
});
export type ExportEnd = z.infer<typeof exportEnd>;

export const exportRecord = z.discriminatedUnion('record', [
  exportHeader,
  exportSettings,
  exportDecisions,
  exportPatient,
  exportEvent,
  exportErasure,
  exportDecision,
  exportTree,
  exportHeads,
  exportConsistency,
  exportEnd,
]);
export type ExportRecord = z.infer<typeof exportRecord>;

/**
 * How the pages of a document are drawn from its records. It stands in the document, which can be drawn again, and so
 * verified, only as it was drawn: raise it with every change that makes other pages (test/reports/rendering.test.ts).
 */
export const rendering = 1;

/** Name of the attachment in the PDF. */
export const packageFileName = 'evidence.jsonl';
