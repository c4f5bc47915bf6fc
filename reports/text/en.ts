import { counted, joined } from './phrases.ts';
import type { Ends, RuleWords, Wording } from './wording.ts';

const listed = (words: readonly string[]): string => joined(words, 'and');
const between = ({ start, end }: Ends): string =>
  [start === undefined ? '' : `from ${start}`, end === undefined ? '' : `until ${end}`]
    .filter(Boolean)
    .join(' ');
const by = (subject: string, organisation: string | undefined, issuer: string): string =>
  `${subject}${organisation === undefined ? '' : ` of ${organisation}`} (issuer ${issuer})`;

const dataOf = (words: RuleWords): string => {
  const limits = [
    words.classes.length > 0 && `of type ${listed(words.classes)}`,
    words.codes.length > 0 && `coded ${listed(words.codes)}`,
    words.labels.length > 0 && `labelled ${listed(words.labels)}`,
    words.references.length > 0 && listed(words.references),
    words.authors.length > 0 && `written by ${listed(words.authors)}`,
    (words.dataPeriod.start ?? words.dataPeriod.end) !== undefined && `made ${between(words.dataPeriod)}`,
  ].filter((limit) => limit !== false);
  return limits.length === 0 ? 'all data' : `data (${limits.join('; ')})`;
};

/** English. */
export const en: Wording = {
  language: 'en',
  thousands: ',',
  kinds: {
    history: {
      title: 'Consent history',
      about: 'What was recorded about the consents of these patients, and how the ledger answered.',
    },
    disclosures: {
      title: 'Decisions and disclosures',
      about: 'Who asked to use data of these patients, for what, and what was answered (45 CFR 164.528).',
    },
    patient: {
      title: 'Record of one patient',
      about: 'All that the ledger holds about one patient (Articles 15 and 20 GDPR).',
    },
    erasures: {
      title: 'Register of erasures',
      about:
        'What was erased, when, and what remains. It names no patient. It supports the proof that Article 17 GDPR was complied with.',
    },
  },
  page: { of: (number) => `Page ${number} of `, export: (id) => `Export ${id}` },
  subject: 'Audit export of a consent ledger',
  signature: 'Signature of the ledger that issued this export',

  asked: {
    heading: 'What was asked',
    tenant: 'Tenant',
    by: 'Asked by',
    at: 'Asked at',
    ground: 'Ground',
    noGround: 'none given',
    cohort: 'About',
    identifiers: (asked) => `patients by identifier: ${asked} asked about`,
    form: (formId) => `all patients with a consent on form ${formId}`,
    all: 'all patients of the tenant',
    period: 'Period',
    wholePeriod: 'all that was recorded up to the checkpoint',
    periodOf: (ends) => `recorded ${between(ends)}`,
    periodNote: 'Earlier consents are shown too, as answers rest on them.',
  },
  numbers: {
    heading: 'The answer in numbers',
    patients: 'patients known',
    unknown: 'unknown to the ledger',
    erased: 'erased',
    events: 'events',
    decisions: 'logged decisions',
    notOpened: (events, decisions) =>
      `Of these, ${counted(events, 'event', 'events')} and ${counted(decisions, 'decision', 'decisions')} are shown closed: they are outside the period, or of a patient who was erased. They are counted and proven all the same.`,
  },
  charts: {
    inForce: 'Consents in force',
    inForceAlt: (from, first, until, last, most) =>
      `Line chart of the consents in force over time, as known at the checkpoint. On ${from}: ${first}. On ${until}: ${last}. At most: ${most}.`,
    inForceNone: 'No consent in this export is open to be counted.',
    outcomes: 'Decisions by outcome',
    outcomesAlt: (counts) => `Bar chart of the decisions by outcome: ${counts}.`,
    outcomesNone: 'No decision in this export is open to be counted.',
  },
  checkpoint: {
    heading: 'What it is proven by',
    about:
      'The ledger signed this checkpoint: how long its log was, and two fingerprints that no change to any event, and no event left out, would leave as they are. Events after it are not in this export.',
    origin: 'Origin',
    size: 'Events in the log',
    root: 'Root of the log',
    heads: 'Root of the heads',
    recorded: 'Recorded up to',
    signers: 'Signed by',
    attachment: 'Attachment',
    drawnBy: 'Pages drawn by',
    rendering: (version) => `Consent Ledger, rendering ${version}`,
    fingerprint: (sha256) => `SHA-256 ${sha256}`,
  },
  check: {
    heading: 'How to check it',
    about:
      'Both work without a network and without us. keys.txt holds the public keys that you trust, got by another way than this document.',
    ours: 'whether anything was altered or left out, the pages show the attachment, and each decision follows:',
    theirs: 'by whom the document was signed, with a tool of others:',
  },
  reading: {
    heading: 'How to read it',
    lines: [
      'Every entry has two times. Recorded is when the ledger wrote it down; it can be proven, and orders the entries. Signed, effective, ended and asked are the times that the entry itself speaks of.',
      'All times are UTC, in the form of ISO 8601.',
      'Leaf, revision and line below an entry say where its proof is: leaf of the log, place in the record of the patient, line of the attachment.',
    ],
  },
  limits: {
    heading: 'What it cannot prove',
    lines: [
      'One history: a ledger that shows different logs to different people is found out only when they compare checkpoints. Keep this one.',
      'Time: recorded is the word of the clock of the ledger. The log proves the order.',
      'Whom an identifier stands for, and that the ledger knows nobody by it: that is the word of the ledger.',
      'What was never recorded, and whether what was recorded is true. Nor that whoever asked kept to the answer.',
      'Anything after the checkpoint.',
    ],
  },

  patients: {
    heading: 'Patients',
    range: (first, last) => `Patients ${first} to ${last}`,
    one: (number, name) => `Patient ${number}: ${name}`,
    subject: (subject) => `Subject ${subject}`,
    known: (events, decisions) =>
      `Known. ${counted(events, 'event', 'events')}, ${counted(decisions, 'logged decision', 'logged decisions')}.`,
    unknown: 'Unknown: the ledger knows nobody by this identifier.',
    erased: (events, decisions) =>
      `Erased. ${counted(events, 'event', 'events')}, ${counted(decisions, 'logged decision', 'logged decisions')}; what they said can no longer be read by anyone. That they stood in the log still verifies.`,
    events: 'Events',
    decisions: 'Decisions',
    outside: 'Not opened: recorded outside the period.',
    gone: 'No longer readable.',
  },
  erasure: {
    certificate: {
      title: 'Certificate of erasure',
      about:
        'What was destroyed, when, on whose word, and what remains and why. It supports the proof that Article 17 GDPR was complied with.',
    },
    all: 'all erasures of the tenant',
    one: (erasureId) => `the erasure on request ${erasureId}`,
    periodNote: 'By when the erasure was recorded.',
    heading: 'What the ledger states of this erasure',
    nothing:
      'The ledger states no more of it: the erasure is under way still, or the request was forgotten when its own time was over. That it was recorded is proven below.',
    request: 'Request',
    article: 'Ground',
    articleOf: (article) => `Article ${article} GDPR`,
    received: 'Received',
    receivedAt: (at, dueAt) => `${at}, due ${dueAt}`,
    requestedBy: 'Recorded by',
    approvedBy: 'Approved by',
    officer: (subject, issuer) => by(subject, undefined, issuer),
    approved: 'Approved',
    destroyed: 'What was destroyed',
    destroyedWhat: (exports) =>
      `The key that all events and answers about this patient are sealed under, every identifier of the patient, and ${counted(exports, 'stored export', 'stored exports')} that contained the patient.`,
    closed: 'Record closed',
    unreadable: 'Unreadable',
    unreadableSince: (at) => `in service since ${at}`,
    irrecoverable: 'Irrecoverable',
    irrecoverableOnce: (epoch, retired) =>
      `from any backup of the vault once the key of epoch ${epoch} is destroyed; ${retired ? 'when this was made it was gone from the key store' : 'when this was made it was still in the key store'}. A copy of the key store itself must be gone too.`,
    irrecoverableSince: (at, epoch) =>
      `from any backup of the vault since ${at}, when the key of epoch ${epoch} was destroyed. A copy of the key store itself must be gone too.`,
    irrecoverableNot: 'no epoch was noted: a backup of the vault from before may still open it',
    recipients: 'Recipients',
    recipientsTold: (all, told) =>
      `${all} were given an answer that permitted and must be told (Article 19 GDPR); ${told} had been told when this was made.`,
    suppressed: 'Kept on purpose',
    suppressedOn: (article) =>
      `A keyed hash of the identifier, so that a refusal still holds (Article ${article} GDPR).`,
    remains: 'What remains, and why',
    remainsOf: (events, what) =>
      `Of ${counted(events, 'event', 'events')}, and of the logged answers: ${what}. Without them it could not be shown that nothing in the log was altered or left out. What the events and answers said is sealed under the key that was destroyed.`,
    residual: {
      'random-ids': 'random ids',
      'event-types': 'types',
      'event-times': 'times',
      'event-sizes': 'sizes',
      commitments: 'commitments',
      hashes: 'hashes',
    },
    limits: [
      'That keys and identifiers were destroyed, and that no copy of them is kept elsewhere: that is the word of the ledger. The log proves that the erasure was recorded on this request, at this moment, as the last event of the record.',
      'When the request was received, its ground, on whose word it was done, and who was told: that is the word of the ledger.',
      'That what remains is not personal data: courts decide it, not this document.',
    ],
  },
  times: {
    recorded: 'recorded',
    signed: 'signed',
    effective: 'effective',
    ended: 'ended',
    asked: 'asked',
    validAt: 'for',
    knownAt: 'as known',
  },
  event: {
    titles: {
      ConsentGranted: 'Consent given',
      ConsentRevoked: 'Consent withdrawn',
      ConsentExpired: 'Consent ran out',
      ConsentInvalidated: 'Consent entered in error',
      EmergencyAccessDeclared: 'Emergency access declared',
      PatientErased: 'Patient erased',
      RestrictionPlaced: 'Processing restricted',
      RestrictionLifted: 'Restriction lifted',
    },
    refusal: 'Consent refused',
    unreadable: (path) =>
      `The document could not be understood (${path}). Until it is read it permits nothing.`,
    inForce: (ends) => `Holds ${between(ends)}.`,
    retroactive: 'Holds for the time before it was signed, too.',
    otherwise: {
      permit: 'Permits whatever it does not speak of.',
      deny: 'Forbids whatever it does not speak of.',
    },
    except: 'Except: ',
    consent: (id) => `Consent ${id}`,
    restriction: (id) => `Restriction ${id}`,
    erasure: (id) => `Erasure ${id}`,
    form: (formId, version) => `on form ${formId}, version ${version}`,
    replaces: (ids) => `Replaces ${ids}.`,
    purposes: (purposes) => `For ${purposes}.`,
    grantor: (references) => `Given by ${references}.`,
    representative: (reference, authority) =>
      `Signed for the patient by ${reference}${authority === undefined ? '' : ` (${authority})`}.`,
    witness: (references) => `Witnessed by ${references}.`,
    document: (contentType, sha256) => `Document: ${contentType}, SHA-256 ${sha256}.`,
    fhir: (release, resourceKey) => `From FHIR ${release} ${resourceKey}.`,
    reason: (reason) => `Reason: ${reason}`,
    correctedBy: (consentId) => `Corrected by consent ${consentId}.`,
    emergency: (recipient, ends) => `${recipient} broke the glass, ${between(ends)}.`,
    recordedBy: (subject, organisation, issuer) => `Recorded by ${by(subject, organisation, issuer)}.`,
  },
  named: {
    instance: (reference) => reference,
    related: (reference) => `${reference} and what it refers to`,
    dependents: (reference) => `${reference} and what refers to it`,
    authoredby: (reference) => `written by ${reference}`,
  },
  holders: (role) => `anyone acting as ${role}`,
  rule: (words) => {
    const verb = words.type === 'permit' ? 'Permits' : 'Forbids';
    const who = words.recipients.length === 0 ? 'everyone' : listed(words.recipients);
    const what =
      words.actions.length === 0
        ? `any use of ${dataOf(words)}`
        : `to ${listed(words.actions)} ${dataOf(words)}`;
    const why = words.purposes.length === 0 ? 'for any purpose' : `for ${listed(words.purposes)}`;
    const more = [
      words.custodians.length > 0 && `, kept by ${listed(words.custodians)}`,
      (words.period.start ?? words.period.end) !== undefined && `, ${between(words.period)}`,
      words.obligations.length > 0 && `, with the obligation ${listed(words.obligations)}`,
    ].filter((part) => part !== false);
    return `${verb} ${who} ${what} ${why}${more.join('')}.`;
  },
  decision: {
    outcomes: { permit: 'Permitted', deny: 'Refused', conditional: 'Conditional' },
    mixed: 'Differs by item',
    reasons: {
      permitted: 'the patient agreed',
      refused: 'the patient said no',
      conditional: 'the asker applies the remaining rules',
      'missing-information': 'with what the question left out, it may be a no',
      'implicit-policy': 'no consent speaks of it; the rule of the house holds',
      'not-covered': 'no consent speaks of it',
      expired: 'the consent had run out',
      revoked: 'the consent was withdrawn',
      'not-yet-valid': 'the consent did not hold yet',
      'no-consent': 'there was no consent',
      'unknown-patient': 'the patient was not known',
      'break-glass': 'an emergency was declared',
      'break-glass-undeclared': 'no emergency was declared',
      'break-glass-refused': 'the patient refused emergency access',
      restricted: 'processing was restricted',
    },
    question: (who, action, purpose, items) =>
      `${who} asked to ${action} ${items === 1 ? 'data' : counted(`${items}`, 'item', 'items')} for ${purpose}.`,
    memberOf: (references) => `member of ${references}`,
    roles: (roles) => `as ${roles}`,
    custodian: (reference) => `kept by ${reference}`,
    verdict: (items, outcome, reason) =>
      `${counted(`${items}`, 'item', 'items')} ${{ permit: 'permitted', deny: 'refused', conditional: 'conditional' }[outcome]}: ${reason}.`,
    basis: (grounds) => `By ${grounds}.`,
    ground: (name, rules) => `${name} (${rules})`,
    otherwise: 'otherwise',
    obligations: (obligations) => `With the obligation ${obligations}.`,
    missing: (attributes) => `Left out: ${attributes}.`,
    review: 'To be reviewed.',
    askedBy: (subject, organisation, issuer) => `Asked through ${by(subject, organisation, issuer)}.`,
    id: (decisionId) => `Decision ${decisionId}`,
  },
  proof: {
    event: (index, revision, line) => `leaf ${index} · revision ${revision} · line ${line}`,
    decision: (index, entry, line) => `leaf ${index} · entry ${entry} · line ${line}`,
  },
  codes: {},
};
