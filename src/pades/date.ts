import type { Millis } from '../../schemas/instant.ts';

/** A PDF date in UTC (ISO 32000-1, 7.9.4): `D:20261123173000Z`, always of the same length. */
export const pdfDateOf = (time: Millis): string =>
  `D:${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;

/** The moment of such a date; undefined where it is none. */
export const timeOfPdfDate = (text: string): Millis | undefined => {
  const [, ...parts] = /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  const time = Date.UTC(year ?? Number.NaN, (month ?? 0) - 1, day, hour, minute, second);
  return Number.isNaN(time) || pdfDateOf(time) !== text ? undefined : time;
};
