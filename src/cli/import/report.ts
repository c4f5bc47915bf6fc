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

const shownEntries = 20;
/** Of one reason; where there are more they are shown as one. */
const mostAlike = 5;

/** The report as text for a terminal: what is counted, and whatever there is more of than none. */
export const reportText = ({ read, counts, blocking, others, interrupted, lines }: ImportReport): string => {
  const rows: [string, number][] = [
    ...outcomes.map((outcome): [string, number] => [outcome, counts[outcome]]),
    ...Object.entries(others).map(([type, count]): [string, number] => [`not a Consent: ${type}`, count]),
  ];
  const table = [['consents read', read] as const, ...rows.filter(([, count]) => count > 0)].map(
    ([name, count]) => `${name.padEnd(32)}${String(count).padStart(9)}`,
  );
  const entries = entriesOf(lines);
  const more = sum(entries.slice(shownEntries).map(({ length }) => length));
  return [
    ...table,
    ...(entries.length > 0 ? ['', ...entries.slice(0, shownEntries).map(entryText)] : []),
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

type Entry = readonly [ReportLine, ...ReportLine[]];

/** Lines of one outcome and reason as one entry where there are many, else each as one. */
const entriesOf = (lines: readonly ReportLine[]): Entry[] => {
  const alike = Map.groupBy(lines, ({ outcome, reason, blocks }) =>
    JSON.stringify([outcome, reason, blocks]),
  );
  return [...alike.values()].flatMap((group): Entry[] =>
    group.length > mostAlike ? [group as [ReportLine, ...ReportLine[]]] : group.map((line): Entry => [line]),
  );
};

const entryText = ([first, ...rest]: Entry): string => {
  const { origin, resource, outcome, reason, blocks } = first;
  const name = resource === undefined ? origin : `${origin} (${resource})`;
  const path = rest.every((line) => line.path === first.path) ? first.path : undefined;
  const why = [path, reason].filter((part) => part !== undefined).join(': ');
  const blocked = rest.length > 0 ? 'block their patients' : 'blocks its patient';
  return [
    `${outcome.padEnd(11)} ${name}${rest.length > 0 ? `, and ${rest.length} more for the same reason` : ''}`,
    ...[why, blocks ? blocked : ''].filter((text) => text !== '').map((text) => `            ${text}`),
  ].join('\n');
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
