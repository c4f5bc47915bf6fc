import { z } from 'zod';
import { identifier, uuid } from '../coding.ts';
import { erasureId } from '../erasure.ts';
import { agent } from '../events/define.ts';
import { exportCohort, exportHeader, exportKind, exportLanguage } from '../export/package.ts';
import { instant, period } from '../instant.ts';
import { cursor } from './common.ts';
import { formId } from './forms.ts';
import { route } from './route.ts';

const params = z.strictObject({ exportId: uuid });

/** Patients that one request may name. */
export const mostIdentifiers = 100_000;

const asked = z
  .strictObject({
    kind: exportKind.describe(
      'history: consents; disclosures: who asked for what; patient: all of one (Art. 15, 20 GDPR); erasures: their register, or the certificate of one (needs the scope erasures:read too)',
    ),
    language: exportLanguage.default('en'),
    cohort: z.discriminatedUnion('by', [
      z.strictObject({
        by: z.literal('identifiers'),
        identifiers: z.array(identifier).min(1).max(mostIdentifiers).describe('Each counts once'),
      }),
      z.strictObject({ by: z.literal('form'), formId }),
      z.strictObject({ by: z.literal('all') }),
      z
        .strictObject({ by: z.literal('erasure'), erasureId })
        .describe('The certificate of one erasure; of kind erasures alone'),
    ]),
    period: period
      .optional()
      .describe('What was recorded until its end is shown; of answers those recorded within. Absent: all'),
    reason: exportHeader.shape.reason,
  })
  .meta({ id: 'AskedExport' });

const exportView = z
  .strictObject({
    exportId: uuid,
    kind: exportKind,
    language: exportLanguage,
    status: z
      .enum(['queued', 'running', 'finished', 'failed', 'cancelled', 'expired', 'removed'])
      .describe('removed: a patient in it was erased'),
    failure: z.string().optional().describe('Stable code of why it failed'),
    createdAt: instant,
    requestedBy: agent.optional().describe('This and what was asked for: until the export is destroyed'),
    reason: z.string().optional(),
    cohort: exportCohort.optional(),
    period: z.strictObject({ from: instant.optional(), until: instant.optional() }).optional(),
    progress: z.strictObject({
      stage: z
        .enum(['choosing', 'answers', 'patients', 'proofs', 'rendering', 'signing', 'issuing'])
        .optional(),
      percent: z.number().min(0).max(100),
      patientsDone: z.int().min(0).describe('Whose records are gathered'),
      patients: z.int().min(0).describe('0 while it is not known'),
      secondsLeft: z.int().min(0).optional().describe('An estimate'),
    }),
    finishedAt: instant.optional(),
    expiresAt: instant.optional().describe('When the document is destroyed'),
    document: z
      .strictObject({
        sha256: z.string().describe('Of the document, lower-case hex; also in the ReportIssued event'),
        bytes: z.int(),
        checkpointSize: z.int().describe('Of the log that it is proven against'),
      })
      .optional(),
  })
  .meta({ id: 'Export' });
export type ExportShown = z.input<typeof exportView>;

export const exportRoutes = {
  askExport: route({
    method: 'post',
    path: '/exports',
    tag: 'exports',
    summary: 'Ask for a signed report; it is made in the background',
    access: 'ask-for-export',
    body: asked,
    bodyLimit: 'cohort',
    status: 201,
    response: exportView,
    writes: 'once',
    failures: ['idempotency-key-reused', 'erasure-unknown'],
  }),
  listExports: route({
    method: 'get',
    path: '/exports',
    tag: 'exports',
    summary: 'The exports of the tenant on this node that the caller may see, newest first',
    access: 'read-exports',
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).default(20),
      cursor: cursor.optional(),
    }),
    status: 200,
    response: z
      .strictObject({ items: z.array(exportView), next: cursor.optional() })
      .meta({ id: 'ExportPage' }),
    failures: [],
  }),
  readExport: route({
    method: 'get',
    path: '/exports/{exportId}',
    tag: 'exports',
    summary: 'How an export stands, and how far it is',
    access: 'read-exports',
    params,
    status: 200,
    response: exportView,
    failures: ['not-found'],
  }),
  watchExport: route({
    method: 'get',
    path: '/exports/{exportId}/events',
    tag: 'exports',
    summary: 'How far it is, as server-sent events `export`, until it is over',
    access: 'read-exports',
    params,
    status: 200,
    mediaType: 'text/event-stream',
    response: z.string(),
    failures: ['not-found'],
  }),
  readDocument: route({
    method: 'get',
    path: '/exports/{exportId}/document',
    tag: 'exports',
    summary: 'The signed document, with its evidence attached inside',
    access: 'read-exports',
    params,
    status: 200,
    mediaType: 'application/pdf',
    response: z.string(),
    failures: ['not-found', 'export-not-ready', 'export-gone', 'store-behind'],
  }),
  readPackage: route({
    method: 'get',
    path: '/exports/{exportId}/package',
    tag: 'exports',
    summary: 'The evidence alone, for machines (Art. 20 GDPR): JSON lines, docs/evidence-format.md section 8',
    access: 'read-exports',
    params,
    status: 200,
    mediaType: 'application/jsonl',
    response: z.string(),
    failures: ['not-found', 'export-not-ready', 'export-gone', 'store-behind'],
  }),
  cancelExport: route({
    method: 'delete',
    path: '/exports/{exportId}',
    tag: 'exports',
    summary: 'End the work on an export; what was made of it is destroyed',
    access: 'ask-for-export',
    params,
    status: 200,
    response: exportView,
    failures: ['not-found', 'export-over'],
  }),
};
