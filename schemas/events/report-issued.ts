import { z } from 'zod';
import { uuid } from '../coding.ts';
import { exportKind, exportLanguage } from '../export/package.ts';
import { agent, defineEvent } from './define.ts';

const v1 = z.strictObject({
  exportId: uuid,
  kind: exportKind,
  language: exportLanguage,
  documentSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Of the signed document, every byte of it, in lower-case hex'),
  checkpointSize: z.int().min(1).describe('Of the log that the document is proven against'),
  patients: z.int().min(0).describe('How many the document is about, the unknown and the erased among them'),
  agent,
});

export type ReportIssued = z.infer<typeof v1>;
export const reportIssued = defineEvent('ReportIssued', 'A signed report was made for somebody', [], v1);
