import type { DocumentVerdict } from './document.ts';
import type { Fault } from './fault.ts';
import type { PackageVerdict } from './verdict.ts';

/** What a verdict says, part by part. */
export interface Words {
  readonly valid: boolean;
  /** What holds. */
  readonly checked: readonly string[];
  /** The first thing that is wrong. */
  readonly wrong?: string;
  /** What was not checked, and why. */
  readonly notChecked: readonly string[];
}

/** A package by itself. */
export const wordsOfPackage = (verdict: PackageVerdict): Words => ({
  valid: verdict.valid,
  checked: checkedIn(verdict),
  ...(verdict.fault && { wrong: sentenceOf(verdict.fault) }),
  notChecked: [
    'This is the evidence of an export without its document: who signed the document, and what its pages show.',
    ...notCheckedIn(verdict),
  ],
});

export const wordsOfDocument = ({ valid, signature, evidence, pages, fault }: DocumentVerdict): Words => {
  const wrong = [
    signature.problem?.detail,
    fault,
    evidence?.fault && sentenceOf(evidence.fault),
    pages?.fault,
  ].find((sentence) => sentence !== undefined);
  return {
    valid,
    checked: [
      ...signature.checked,
      ...(evidence ? checkedIn(evidence) : []),
      ...(pages?.valid
        ? [`All ${pages.pages} pages were drawn again from the evidence, and are the same.`]
        : []),
    ],
    ...(wrong !== undefined && { wrong }),
    notChecked: [
      ...signature.notes,
      ...skipped(evidence, pages),
      ...(evidence ? notCheckedIn(evidence) : []),
    ],
  };
};

/** A fault with the place that shows it. */
const sentenceOf = ({ detail, record, patient, event }: Fault): string => {
  const places = [
    record !== undefined && `record ${record}`,
    patient !== undefined && `patient ${patient}`,
    event !== undefined && `event ${event} of the log`,
  ].filter((place) => place !== false);
  const said = detail.charAt(0).toUpperCase() + detail.slice(1);
  return places.length === 0 ? `${said}.` : `${said} (${places.join(', ')}).`;
};

const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const some = (count: number, one: string, more = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : more}`;

const checkedIn = ({ valid, checkpoint, checked, grownFrom }: PackageVerdict): string[] => {
  if (checkpoint === undefined) return [];
  const { origin, size, recordedAt } = checkpoint;
  const signed = `A key that you trust signed the checkpoint of ${origin}: ${some(size, 'event')}, the last recorded at ${recordedAt}.`;
  if (!valid) return [signed];
  const { patients, events, eventsOpened, decisions, decisionsOpened, leaves } = checked;
  return [
    signed,
    `It is the export that the ledger signed: ${some(checked.records, 'record')}, none added, left out, moved or changed.`,
    `All ${some(events, 'event')} of ${some(patients.known + patients.erased, 'patient')} are there, and all ${some(decisions, 'logged answer')}: none is left out up to the checkpoint.`,
    `They stand in the log that was signed (${some(leaves, 'leaf', 'leaves')}).`,
    `What ${some(eventsOpened, 'event')} and ${some(decisionsOpened, 'answer')} say is what was recorded.`,
    `Each of these answers was worked out again from the events that were known, and is the same.`,
    ...(checked.erasures === 0
      ? []
      : [
          `What is stated of ${some(checked.erasures, 'erasure')} names the request, the moment and the number of events that the log has.`,
        ]),
    ...(grownFrom === undefined
      ? []
      : [`The log goes on from the checkpoint that you kept (${some(grownFrom, 'event')}).`]),
  ];
};

const notCheckedIn = ({ valid, checked, grownFrom }: PackageVerdict): string[] => {
  if (!valid) return ['Whatever comes behind the first thing that is wrong.'];
  const { patients, events, eventsOpened, decisions, decisionsOpened } = checked;
  const closedEvents = events - eventsOpened;
  const closedAnswers = decisions - decisionsOpened;
  return [
    ...(closedEvents + closedAnswers > 0
      ? [
          `What ${some(closedEvents, 'event')} and ${some(closedAnswers, 'answer')} say, which are proven to be there and not shown: outside the period, or erased.`,
        ]
      : []),
    ...(patients.unknown > 0
      ? [`That the ledger knows nobody by ${some(patients.unknown, 'identifier')}: that is its word.`]
      : []),
    ...(checked.erasures > 0
      ? [
          'All else that is stated of an erasure, as when it was asked for, on whose word it was done, and that keys were destroyed: that is the word of the ledger.',
        ]
      : []),
    'That an identifier stands for the patient it is shown with: that is the word of the ledger.',
    ...(grownFrom === undefined
      ? ['That the log was never another: for that, keep this checkpoint and give it with the next export.']
      : []),
  ];
};

const skipped = (evidence: PackageVerdict | undefined, pages: DocumentVerdict['pages']): string[] =>
  pages !== undefined
    ? []
    : [
        evidence === undefined
          ? 'The evidence and the pages.'
          : 'The pages, since the evidence does not hold.',
      ];
