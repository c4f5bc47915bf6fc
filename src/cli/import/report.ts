import type { ImportChoices } from '../../fhir/choices.ts';

/**
 * What became of one resource. `unreadable`: refused, and recorded as a consent that blocks (S8.6); `refused`:
 * refused and only reported; `left`: of a status or about a matter that has no effect; `failed`: not carried out,
 * so import it again.
 */
export const outcomes = [
  'granted',
  'unchanged',
  'revoked',
  'invalidated',
  'unreadable',
  'refused',
  'left',
  'failed',
] as const;
export type Outcome = (typeof outcomes)[number];

/** A resource that the operator should know of; nothing of a patient but the names of files and resources. */
export interface ReportLine {
  readonly origin: string;
  readonly resource?: string;
  readonly outcome: Outcome;
  readonly path?: string;
  readonly reason?: string;
  /** It stands unread, so that its patient's questions are denied until it is read, replaced or invalidated. */
  readonly blocks?: true;
}

export interface ImportReport {
  readonly tenant: string;
  readonly choices: ImportChoices;
  readonly read: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly blocking: number;
  /** Resources that are no Consent, by type. */
  readonly others: Readonly<Record<string, number>>;
  /** Stopped before the end of the input; the same import again goes on from here. */
  readonly interrupted: boolean;
  readonly lines: readonly ReportLine[];
}

const shown = 20;

/** The report as text for a terminal. */
export const reportText = ({ read, counts, blocking, others, interrupted, lines }: ImportReport): string => {
  const rows = outcomes.map((outcome): [string, number] => [outcome, counts[outcome]]);
  const otherRows = Object.entries(others).map(([type, count]): [string, number] => [
    `not a Consent: ${type}`,
    count,
  ]);
  const table = [['consents read', read] as const, ...rows, ...otherRows]
    .map(([name, count]) => `${name.padEnd(32)}${String(count).padStart(9)}`)
    .join('\n');
  const details = lines.slice(0, shown).map(lineText);
  const more = lines.length - shown;
  return [
    table,
    ...(details.length > 0 ? ['', ...details] : []),
    ...(more > 0 ? [`... and ${more} more; --report FILE has them all`] : []),
    ...(blocking > 0
      ? [
          '',
          `${blocking} stand unread: their patients' questions are denied until they are read, replaced or invalidated.`,
        ]
      : []),
    ...(interrupted ? ['', 'Stopped before the end. The same command again goes on from here.'] : []),
    '',
  ].join('\n');
};

const lineText = ({ origin, resource, outcome, path, reason, blocks }: ReportLine): string => {
  const name = resource === undefined ? origin : `${origin} (${resource})`;
  const why = [path, reason].filter((part) => part !== undefined).join(': ');
  return `${outcome.padEnd(11)} ${name}${why && `\n            ${why}`}${blocks ? '\n            blocks its patient' : ''}`;
};
