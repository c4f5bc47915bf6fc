import type { ExportHeader } from '../../schemas/export/package.ts';
import type { Millis } from '../../schemas/instant.ts';

type Period = Pick<ExportHeader, 'period'>;

/** Whether a moment is before the end of the period that was asked for, where it has one. */
export const isBeforeEnd = ({ period }: Period, moment: Millis): boolean =>
  period?.until === undefined || moment < Date.parse(period.until);

/** Whether a moment is in the period that was asked for, as far as its ends are given. */
export const isInPeriod = ({ period }: Period, moment: Millis): boolean =>
  isBeforeEnd({ period }, moment) && (period?.from === undefined || moment >= Date.parse(period.from));
