import type { ConsentGranted } from '../../schemas/events/consent-granted.ts';
import type { ExportEvent } from '../../schemas/export/package.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import type { Span } from '../layout/lines.ts';
import { showCoding, showNumber, showPeriod } from '../text/show.ts';
import { type Entry, type Pen, sentences, timeLine } from './entry.ts';
import { ruleSentences } from './rule.ts';

/**
 * An event of a patient as an entry of the timeline. `event` is what it said, where it is open; `closed` stands there
 * where it is not; `line` is its place in the attachment.
 */
export const eventEntry = (
  record: ExportEvent,
  event: PatientEvent | undefined,
  line: number,
  closed: string,
  pen: Pen,
): Entry => {
  const { wording, styles } = pen;
  const title: Span = { text: titleOf(record, event, pen), style: styles.strong };
  const number = (count: number) => showNumber(count, wording);
  const proof = wording.proof.event(number(record.index), number(record.revision), number(line));
  return {
    times: [...timeLine(wording.times.recorded, record.recordedAt, pen, true), ...timesOf(event, pen)],
    body: [
      { spans: [title, ...nameOf(event, pen)] },
      ...(event === undefined ? sentences(styles.label, closed) : bodyOf(event, pen)),
      { spans: [{ text: proof, style: styles.tiny }] },
    ],
  };
};

const titleOf = ({ type }: ExportEvent, event: PatientEvent | undefined, { wording }: Pen): string =>
  event?.type === 'ConsentGranted' && refuses(event.payload)
    ? wording.event.refusal
    : (wording.event.titles[type] ?? type);

/** Whether a grant permits nothing at all: its rules and what holds otherwise are all refusals. */
const refuses = ({ rules = [], otherwise, unreadable }: ConsentGranted): boolean =>
  unreadable === undefined &&
  otherwise !== 'permit' &&
  rules.every(({ type, exceptions }) => type === 'deny' && exceptions === undefined);

const nameOf = (event: PatientEvent | undefined, { wording, styles }: Pen): Span[] => {
  if (event === undefined) return [];
  const named = (text: string) => [{ text: `  ${text}`, style: styles.small }];
  switch (event.type) {
    case 'EmergencyAccessDeclared':
      return named(event.payload.declarationId);
    case 'PatientErased':
      return named(wording.event.erasure(event.payload.erasureId));
    case 'RestrictionPlaced':
    case 'RestrictionLifted':
      return named(wording.event.restriction(event.payload.restrictionId));
    default:
      return named(wording.event.consent(event.payload.consentId));
  }
};

const timesOf = (event: PatientEvent | undefined, pen: Pen): Span[][] => {
  const { times } = pen.wording;
  switch (event?.type) {
    case 'ConsentGranted':
      return timeLine(times.signed, event.payload.signedAt, pen);
    case 'ConsentRevoked':
      return timeLine(times.effective, event.payload.effectiveAt, pen);
    case 'ConsentExpired':
      return timeLine(times.ended, event.payload.endedAt, pen);
    default:
      return [];
  }
};

const bodyOf = (event: PatientEvent, pen: Pen): Entry['body'] => {
  const { wording, styles } = pen;
  switch (event.type) {
    case 'ConsentGranted':
      return grantOf(event.payload, pen);
    case 'ConsentRevoked':
    case 'ConsentInvalidated': {
      const { payload } = event;
      const corrected = 'correctedBy' in payload ? payload.correctedBy : undefined;
      return [
        ...sentences(
          styles.text,
          corrected !== undefined && wording.event.correctedBy(corrected),
          payload.reason !== undefined && wording.event.reason(payload.reason),
        ),
        ...recordedBy(payload.agent, pen),
      ];
    }
    case 'RestrictionPlaced':
    case 'RestrictionLifted':
      return [
        ...sentences(styles.text, wording.event.reason(event.payload.reason)),
        ...recordedBy(event.payload.agent, pen),
      ];
    case 'ConsentExpired':
    case 'PatientErased':
      return [];
    case 'EmergencyAccessDeclared': {
      const { recipient, from, until, reason, agent } = event.payload;
      const ends = showPeriod({ ...(from !== undefined && { start: from }), end: until });
      return [
        ...sentences(styles.text, wording.event.emergency(recipient, ends), wording.event.reason(reason)),
        ...recordedBy(agent, pen),
      ];
    }
  }
};

const grantOf = (grant: ConsentGranted, pen: Pen): Entry['body'] => {
  const { wording, styles } = pen;
  const { event: words } = wording;
  const {
    period,
    form,
    source,
    fhir,
    representative,
    purpose = [],
    replaces = [],
    grantor = [],
    witness = [],
  } = grant;
  const named = (list: readonly string[], sentence: (text: string) => string) =>
    list.length > 0 && sentence(list.join(', '));
  const codes = purpose.map((coding) => showCoding(coding, wording));
  return [
    ...sentences(styles.text, grant.unreadable && words.unreadable(grant.unreadable.path)),
    ...(grant.rules ?? []).flatMap((rule, place) => ruleSentences(rule, rule.type, `rules[${place}]`, pen)),
    ...sentences(
      styles.text,
      grant.otherwise && words.otherwise[grant.otherwise],
      named(codes, words.purposes),
      period && words.inForce(showPeriod(period)),
      grant.retroactive && words.retroactive,
      named(replaces, words.replaces),
    ),
    ...sentences(
      styles.small,
      named(grantor, words.grantor),
      representative && words.representative(representative.reference, representative.authority),
      named(witness, words.witness),
      form && `${words.form(form.formId, form.version)}.`,
      source && words.document(source.contentType, source.sha256),
      fhir && words.fhir(fhir.release, fhir.resourceKey),
    ),
    ...recordedBy(grant.agent, pen),
  ];
};

const recordedBy = (agent: ConsentGranted['agent'], { wording, styles }: Pen): Entry['body'] =>
  sentences(styles.small, wording.event.recordedBy(agent.subject, agent.organisation, agent.issuer));
