import type { ExportLanguage } from '../../schemas/export/package.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Wording } from './wording.ts';

/** The languages that reports are written in. */
export const wordings: Readonly<Record<ExportLanguage, Wording>> = { en, de };
