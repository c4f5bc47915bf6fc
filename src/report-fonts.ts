import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ReportFonts } from '../reports/report.ts';

const { resolve } = createRequire(import.meta.url);
const read = (weight: string): Uint8Array =>
  readFileSync(resolve(`source-sans/TTF/SourceSans3-${weight}.ttf`));

/** The fonts that reports are set in: Source Sans 3, whose digits are of one width. */
export const reportFonts = (): ReportFonts => ({ regular: read('Regular'), bold: read('Semibold') });
