import { createHash } from 'node:crypto';
import { renderReport } from '../../reports/report.ts';
import type { ExportErasure, ExportHeader, ExportRecord } from '../../schemas/export/package.ts';
import { reportFonts } from '../../src/report-fonts.ts';

const fonts = reportFonts();
const start = Date.parse('2023-01-10T08:00:00.000Z');
const dayMs = 86_400_000;
const hashOf = (text: string) => createHash('sha256').update(text);
const uuidOf = (text: string) =>
  hashOf(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
const instant = (day: number) => new Date(start + Math.round(day * dayMs)).toISOString();

const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const agent = {
  issuer: 'https://login.north.example',
  subject: 'practitioner-7',
  organisation: 'Organization/clinic',
};
const purposes = ['TREAT', 'HRESCH', 'HPAYMT', 'PUBHLTH'];

/** The header of an export; its checkpoint is signed by nobody that matters here. */
export const headerOf = (parts: Partial<ExportHeader> = {}): ExportHeader => ({
  record: 'export',
  version: 1,
  exportId: '6f0c2a53-8f0e-4c2b-9f0e-2b7a51f9d3a1',
  kind: 'history',
  language: 'en',
  tenant: 'north',
  requestedBy: {
    issuer: 'https://login.north.example',
    subject: 'auditor-2',
    organisation: 'Organization/authority',
  },
  requestedAt: '2026-03-01T09:00:00.000Z',
  reason: 'Order 2026/114 of the data protection authority, Article 58(1)(e) GDPR',
  cohort: { by: 'identifiers', asked: 3 },
  period: { from: '2023-01-01T00:00:00.000Z', until: '2026-01-01T00:00:00.000Z' },
  checkpoint: [
    'ledger.example/north',
    '123456',
    'Ipl5aqLDC0Jo4ffbyPtxCfJ/m9lfW/yKnITqAfRnGvw=',
    'heads 3eCsy1X0uGrC0oM7on1lkOXhxRGo9bFWSZYax8xC+Iw=',
    'recorded 2026-03-01T08:59:58.123Z',
    '',
    '\u2014 ledger.example/north rWwmjX7yT2ByYVqLIGH/gduDu8rbXqLQTt2GYwZwAsezZoN0/30kPGO/GwIGeUMFKuohDR5vR1grnDDxjF2TA/UP0Qk=',
    '',
  ].join('\n'),
  ...parts,
});

const sealed = (payload: object, salt: string) => ({
  salt: hashOf(salt).digest('base64url'),
  payload: payload as Record<string, unknown>,
});

const leafOf = (index: number, type: string, recordedAt: string) => ({
  index,
  id: uuidOf(`event ${index}`),
  type,
  schemaVersion: 1,
  recordedAt,
  commitment: hashOf(`commitment ${index}`).digest('base64url'),
  stored: hashOf(`stored ${index}`).digest('hex'),
});

/** The events of a patient over three years: consents given, renewed, withdrawn, run out, corrected; an emergency. */
const eventsOf = (patient: number): [type: string, day: number, payload: object][] => {
  const id = (n: number) => uuidOf(`consent ${patient} ${n}`);
  const at = (n: number) => n * 100 + (patient % 90);
  const signed = (n: number) => `${instant(at(n) - 0.4).slice(0, 13)}:00:00.000Z`;
  const grant = (n: number, more: object) => ({ consentId: id(n), signedAt: signed(n), agent, ...more });
  const purpose = [{ system: actReason, code: purposes[patient % purposes.length]! }];
  const treatment = {
    type: 'permit',
    recipient: [{ reference: 'Organization/clinic' }],
    purpose: [{ system: actReason, code: 'TREAT' }],
    exceptions: [{ label: [{ system: actCode, code: 'PSY' }] }],
  };
  return [
    [
      'ConsentGranted',
      at(0),
      grant(0, {
        rules: [treatment],
        form: { formId: 'treatment', version: '3', combining: 'independent', textSha256: 'ab'.repeat(32) },
      }),
    ],
    [
      'ConsentGranted',
      at(1),
      grant(1, {
        rules: [{ type: 'permit', purpose, action: ['access', 'use'] }],
        period: { start: instant(at(1)), end: instant(at(3) - 1) },
      }),
    ],
    [
      'ConsentGranted',
      at(2),
      grant(2, { rules: [{ type: 'deny', recipient: [{ reference: 'Organization/insurer' }] }] }),
    ],
    ['ConsentExpired', at(3), { consentId: id(1), endedAt: instant(at(3) - 1) }],
    [
      'EmergencyAccessDeclared',
      at(4),
      {
        declarationId: uuidOf(`emergency ${patient}`),
        recipient: 'Practitioner/er-17',
        until: instant(at(4) + 0.2),
        reason: 'Unconscious on arrival',
        agent,
      },
    ],
    [
      'ConsentGranted',
      at(5),
      grant(5, {
        rules: [{ type: 'permit', purpose: [{ system: actReason, code: 'HRESCH' }] }],
        otherwise: 'deny',
      }),
    ],
    [
      'ConsentRevoked',
      at(6),
      {
        consentId: id(5),
        effectiveAt: instant(at(6) - 6),
        reason: `Letter of ${instant(at(6) - 7).slice(0, 10)}`,
        agent,
      },
    ],
    ['ConsentGranted', at(7), grant(7, { rules: [{ type: 'permit' }] })],
    ['ConsentInvalidated', at(8), { consentId: id(7), reason: 'Signed by another patient', agent }],
    ['ConsentGranted', at(9), grant(9, { rules: [treatment], replaces: [id(0)] })],
  ];
};

const decisionOf = (patient: number, n: number): object => {
  const askedAt = instant(n * 190 + (patient % 90) + 30);
  const permitted = (patient + n) % 3 !== 0;
  const basis = permitted
    ? [{ consentId: uuidOf(`consent ${patient} 0`), revision: 0, rules: ['rules[0]'] }]
    : [];
  const verdict = permitted
    ? { decision: 'permit', reason: 'permitted', basis }
    : { decision: 'deny', reason: 'not-covered', basis };
  return {
    decisionId: uuidOf(`decision ${patient} ${n}`),
    askedAt,
    agent,
    question: {
      recipient: { reference: `Practitioner/${n + 7}`, memberOf: ['Organization/clinic'] },
      purpose: { system: actReason, code: permitted ? 'TREAT' : 'HRESCH' },
      action: 'access',
      items: [{}],
    },
    answer: { algorithm: 'ledger-1', validAt: askedAt, knownAt: askedAt, revision: 3, items: [verdict] },
    settings: 'cd'.repeat(32),
  };
};

/**
 * An export of `patients` with ten events and `decisions` answers each; the second is unknown, the third erased.
 * Made up on the way, so that it takes no memory.
 */
export function* exportOf(
  patients: number,
  parts: Partial<ExportHeader> = {},
  decisions = 3,
): Generator<ExportRecord> {
  const header = headerOf({ cohort: { by: 'identifiers', asked: patients }, ...parts });
  const counts = { known: 0, unknown: 0, erased: 0 };
  let [records, events, answers] = [0, 0, 0];
  const counted = <T extends ExportRecord>(record: T): T => {
    records += 1;
    return record;
  };
  yield counted(header);
  const firstEvent = patients * decisions;
  for (let index = 0; index < firstEvent; index += 1)
    yield counted({
      record: 'decisions',
      ...leafOf(
        index,
        'DecisionsRecorded',
        instant((index % decisions) * 190 + 30 + (Math.floor(index / decisions) % 90)),
      ),
      tenant: 'north',
      stream: 'decisions-north',
      revision: index,
      entries: 1,
      beside: [],
    });
  for (let number = 1; number <= patients; number += 1) {
    const status = number === 2 ? 'unknown' : number === 3 ? 'erased' : 'known';
    counts[status] += 1;
    const identifier = { system: 'urn:example:mrn', value: `MRN-${4710 + number}` };
    if (status === 'unknown') {
      yield counted({ record: 'patient', number, status, identifier, events: 0, decisions: 0 });
      continue;
    }
    const subject = uuidOf(`subject ${number}`);
    const said = eventsOf(number);
    if (status === 'erased') said.push(['PatientErased', 1000, { erasureId: uuidOf(`erasure ${number}`) }]);
    yield counted({ record: 'patient', number, status, identifier, subject, events: said.length, decisions });
    for (const [revision, [type, day, payload]] of said.entries()) {
      const index = firstEvent + number * 20 + revision;
      const opened =
        type === 'PatientErased'
          ? { opened: { salt: '', payload: payload as Record<string, unknown> } }
          : status === 'erased'
            ? {}
            : { opened: sealed(payload, `salt ${index}`) };
      yield counted({ record: 'event', ...leafOf(index, type, instant(day)), revision, ...opened });
      events += 1;
    }
    if (status === 'erased' && header.kind === 'erasures') yield counted(erasureOf(number, said.length));
    for (let n = 0; n < decisions; n += 1) {
      const index = (number - 1) * decisions + n;
      const opened = status === 'erased' ? {} : { opened: sealed(decisionOf(number, n), `answer ${index}`) };
      const commitment = hashOf(`entry ${index}`).digest('base64url');
      yield counted({ record: 'decision', index, entry: 0, commitment, ...opened });
      answers += 1;
    }
  }
  yield counted({ record: 'tree', beside: ['ab'.repeat(32)] });
  yield counted({ record: 'heads', walk: ['empty'] });
  yield {
    record: 'end',
    patients: counts,
    events,
    decisions: answers,
    records: records + 1,
    note: header.checkpoint,
  };
}

/** What is stated of the erasure of a patient with so many events. */
const erasureOf = (patient: number, events: number): ExportErasure => ({
  record: 'erasure',
  erasureId: uuidOf(`erasure ${patient}`),
  article: '17(1)(b)',
  receivedAt: instant(990),
  dueAt: instant(1020),
  approvedAt: instant(998),
  closedAt: instant(1000),
  unreadableSince: instant(1000.01),
  irrecoverableOnceEpochRetired: 41,
  epochRetired: true,
  recipients: 2,
  recipientsTold: 1,
  exportsRemoved: 1,
  suppressed: '17(3)(c)',
  remains: { what: ['random-ids', 'event-types', 'event-times', 'commitments', 'hashes'], events },
});

/** Records as what the renderer takes. */
export const inputOf = (records: () => Iterable<ExportRecord>) => ({
  records: async function* () {
    yield* records();
  },
  attachment: async function* () {
    for (const record of records()) yield Buffer.from(`${JSON.stringify(record)}\n`);
  },
  fonts,
});

/** The whole document in memory. */
export const rendered = async (records: () => Iterable<ExportRecord>, signable = true): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  await renderReport({ ...inputOf(records), signable }, async (chunk) => {
    chunks.push(chunk);
  });
  return Buffer.concat(chunks);
};
