import { counted, joined } from './phrases.ts';
import type { Ends, RuleWords, Wording } from './wording.ts';

const listed = (words: readonly string[]): string => joined(words, 'und');
const between = ({ start, end }: Ends): string =>
  [start === undefined ? '' : `ab ${start}`, end === undefined ? '' : `bis ${end}`].filter(Boolean).join(' ');
const by = (subject: string, organisation: string | undefined, issuer: string): string =>
  `${subject}${organisation === undefined ? '' : ` von ${organisation}`} (Aussteller ${issuer})`;

const verbs = {
  collect: 'zu erheben',
  access: 'abzurufen',
  use: 'zu verwenden',
  disclose: 'offenzulegen',
  correct: 'zu berichtigen',
} as const;

/** What limits the data; empty where nothing does. */
const limitsOf = (words: RuleWords): string =>
  [
    words.classes.length > 0 && `vom Typ ${listed(words.classes)}`,
    words.codes.length > 0 && `mit Code ${listed(words.codes)}`,
    words.labels.length > 0 && `gekennzeichnet als ${listed(words.labels)}`,
    words.references.length > 0 && listed(words.references),
    words.authors.length > 0 && `verfasst von ${listed(words.authors)}`,
    (words.dataPeriod.start ?? words.dataPeriod.end) !== undefined &&
      `entstanden ${between(words.dataPeriod)}`,
  ]
    .filter((limit) => limit !== false)
    .join('; ');

/** German. */
export const de: Wording = {
  language: 'de',
  thousands: '.',
  kinds: {
    history: {
      title: 'Verlauf der Einwilligungen',
      about: 'Was zu den Einwilligungen dieser Patienten aufgezeichnet und was geantwortet wurde.',
    },
    disclosures: {
      title: 'Entscheidungen und Offenlegungen',
      about: 'Wer Daten dieser Patienten wofür nutzen wollte und was geantwortet wurde (45 CFR 164.528).',
    },
    patient: {
      title: 'Akte eines Patienten',
      about: 'Alles, was zu einem Patienten aufgezeichnet ist (Artikel 15 und 20 DSGVO).',
    },
    erasures: {
      title: 'Verzeichnis der Löschungen',
      about:
        'Was gelöscht wurde, wann, und was bleibt. Es nennt keinen Patienten. Es stützt den Nachweis, dass Artikel 17 DSGVO befolgt wurde.',
    },
  },
  page: { of: (number) => `Seite ${number} von `, export: (id) => `Export ${id}` },
  subject: 'Prüfexport eines Einwilligungsregisters',
  signature: 'Signatur des Registers, das diesen Export ausgestellt hat',

  asked: {
    heading: 'Was gefragt wurde',
    tenant: 'Mandant',
    by: 'Gefragt von',
    at: 'Gefragt am',
    ground: 'Grund',
    noGround: 'keiner angegeben',
    cohort: 'Über',
    identifiers: (asked) => `Patienten nach Kennung: nach ${asked} gefragt`,
    form: (formId) => `alle Patienten mit einer Einwilligung auf Formular ${formId}`,
    all: 'alle Patienten des Mandanten',
    period: 'Zeitraum',
    wholePeriod: 'alles, was bis zum Prüfpunkt aufgezeichnet wurde',
    periodOf: (ends) => `aufgezeichnet ${between(ends)}`,
    periodNote: 'Frühere stehen mit da, da Antworten darauf beruhen.',
  },
  numbers: {
    heading: 'Die Antwort in Zahlen',
    patients: 'Patienten bekannt',
    unknown: 'dem Register unbekannt',
    erased: 'gelöscht',
    events: 'Ereignisse',
    decisions: 'Entscheidungen',
    notOpened: (events, decisions) =>
      `Davon sind ${counted(events, 'Ereignis', 'Ereignisse')} und ${counted(decisions, 'Entscheidung', 'Entscheidungen')} nicht geöffnet: Sie liegen außerhalb des Zeitraums oder gehören zu gelöschten Patienten. Gezählt und bewiesen sind sie trotzdem.`,
  },
  charts: {
    inForce: 'Geltende Einwilligungen',
    inForceAlt: (from, first, until, last, most) =>
      `Liniendiagramm der geltenden Einwilligungen, nach dem Stand des Prüfpunkts. Am ${from}: ${first}. Am ${until}: ${last}. Höchstens: ${most}.`,
    inForceNone: 'In diesem Export ist keine Einwilligung zum Zählen geöffnet.',
    outcomes: 'Entscheidungen nach Ergebnis',
    outcomesAlt: (counts) => `Balkendiagramm der Entscheidungen nach Ergebnis: ${counts}.`,
    outcomesNone: 'In diesem Export ist keine Entscheidung zum Zählen geöffnet.',
  },
  checkpoint: {
    heading: 'Womit es bewiesen ist',
    about:
      'Diesen Prüfpunkt hat das Register signiert: wie lang sein Protokoll war, und zwei Fingerabdrücke, die keine Änderung an einem Ereignis und kein ausgelassenes Ereignis so ließe. Spätere Ereignisse sind nicht in diesem Export.',
    origin: 'Ursprung',
    size: 'Ereignisse im Protokoll',
    root: 'Wurzel des Protokolls',
    heads: 'Wurzel der Köpfe',
    recorded: 'Aufgezeichnet bis',
    signers: 'Signiert von',
    attachment: 'Anhang',
    drawnBy: 'Seiten gezeichnet von',
    rendering: (version) => `Consent Ledger, Darstellung ${version}`,
    fingerprint: (sha256) => `SHA-256 ${sha256}`,
  },
  check: {
    heading: 'Wie es zu prüfen ist',
    about:
      'Beides geht ohne Netz und ohne uns. keys.txt enthält die öffentlichen Schlüssel, denen Sie vertrauen, auf anderem Weg erhalten als dieses Dokument.',
    ours: 'ob etwas verändert oder ausgelassen ist, die Seiten den Anhang zeigen, jede Entscheidung folgt:',
    theirs: 'von wem das Dokument signiert ist, mit einem Werkzeug anderer:',
  },
  reading: {
    heading: 'Wie es zu lesen ist',
    lines: [
      'Jeder Eintrag hat zwei Zeiten. Aufgezeichnet ist, wann ihn das Register festhielt; das ist beweisbar und ordnet die Einträge. Unterschrieben, wirksam, abgelaufen und gefragt sind die Zeiten, von denen der Eintrag selbst spricht.',
      'Alle Zeiten sind UTC, in der Form von ISO 8601.',
      'Blatt, Revision und Zeile unter einem Eintrag sagen, wo sein Beweis steht: Blatt des Protokolls, Platz in der Akte des Patienten, Zeile des Anhangs.',
    ],
  },
  limits: {
    heading: 'Was es nicht beweisen kann',
    lines: [
      'Eine einzige Geschichte: Ein Register, das verschiedenen Leuten verschiedene Protokolle zeigt, fällt erst auf, wenn sie Prüfpunkte vergleichen. Bewahren Sie diesen auf.',
      'Zeit: Aufgezeichnet ist das Wort der Uhr des Registers. Das Protokoll beweist die Reihenfolge.',
      'Für wen eine Kennung steht, und dass das Register niemanden unter ihr kennt: Das ist das Wort des Registers.',
      'Was nie aufgezeichnet wurde, und ob stimmt, was aufgezeichnet wurde. Auch nicht, dass sich an die Antwort hielt, wer gefragt hat.',
      'Was nach dem Prüfpunkt kam.',
    ],
  },

  patients: {
    heading: 'Patienten',
    range: (first, last) => `Patienten ${first} bis ${last}`,
    one: (number, name) => `Patient ${number}: ${name}`,
    subject: (subject) => `Subjekt ${subject}`,
    known: (events, decisions) =>
      `Bekannt. ${counted(events, 'Ereignis', 'Ereignisse')}, ${counted(decisions, 'Entscheidung', 'Entscheidungen')}.`,
    unknown: 'Unbekannt: Unter dieser Kennung kennt das Register niemanden.',
    erased: (events, decisions) =>
      `Gelöscht. ${counted(events, 'Ereignis', 'Ereignisse')}, ${counted(decisions, 'Entscheidung', 'Entscheidungen')}; was sie sagten, kann niemand mehr lesen. Dass sie im Protokoll standen, bleibt beweisbar.`,
    events: 'Ereignisse',
    decisions: 'Entscheidungen',
    outside: 'Nicht geöffnet: außerhalb des Zeitraums aufgezeichnet.',
    gone: 'Nicht mehr lesbar.',
  },
  erasure: {
    certificate: {
      title: 'Löschbescheinigung',
      about:
        'Was vernichtet wurde, wann und auf wessen Wort, was bleibt und warum. Sie stützt den Nachweis, dass Artikel 17 DSGVO befolgt wurde.',
    },
    all: 'alle Löschungen des Mandanten',
    one: (erasureId) => `die Löschung auf Antrag ${erasureId}`,
    periodNote: 'Danach, wann die Löschung aufgezeichnet wurde.',
    heading: 'Was das Register zu dieser Löschung erklärt',
    nothing:
      'Mehr erklärt das Register nicht: Die Löschung läuft noch, oder der Antrag wurde nach seiner eigenen Frist vergessen. Dass sie aufgezeichnet wurde, ist nachgewiesen.',
    request: 'Antrag',
    article: 'Grund',
    articleOf: (article) => `Artikel ${article} DSGVO`,
    received: 'Eingegangen',
    receivedAt: (at, dueAt) => `${at}, fällig ${dueAt}`,
    requestedBy: 'Aufgenommen von',
    approvedBy: 'Genehmigt von',
    officer: (subject, issuer) => `${subject} (Aussteller ${issuer})`,
    approved: 'Genehmigt',
    destroyed: 'Was vernichtet wurde',
    destroyedWhat: (exports) =>
      `Der Schlüssel, unter dem alle Ereignisse und Antworten zu dieser Person versiegelt sind, alle ihre Kennungen und ${exports === '1' ? '1 aufbewahrter Export, der sie enthielt' : `${exports} aufbewahrte Exporte, die sie enthielten`}.`,
    closed: 'Akte geschlossen',
    unreadable: 'Unlesbar',
    unreadableSince: (at) => `im Betrieb seit ${at}`,
    irrecoverable: 'Unwiederbringlich',
    irrecoverableOnce: (epoch, retired) =>
      `aus jeder Sicherung des Tresors, sobald der Schlüssel der Epoche ${epoch} vernichtet ist; bei der Erstellung war er ${retired ? 'nicht mehr' : 'noch'} im Schlüsselspeicher. Auch eine Kopie des Schlüsselspeichers selbst muss vernichtet sein.`,
    irrecoverableSince: (at, epoch) =>
      `aus jeder Sicherung des Tresors seit ${at}, als der Schlüssel der Epoche ${epoch} vernichtet wurde. Auch eine Kopie des Schlüsselspeichers selbst muss vernichtet sein.`,
    irrecoverableNot: 'keine Epoche vermerkt: eine frühere Sicherung des Tresors könnte es noch öffnen',
    recipients: 'Empfänger',
    recipientsTold: (all, told) =>
      `${all} haben eine erlaubende Antwort erhalten und sind zu unterrichten (Artikel 19 DSGVO); ${told} waren bei der Erstellung unterrichtet.`,
    suppressed: 'Mit Absicht behalten',
    suppressedOn: (article) =>
      `Ein mit Schlüssel gebildeter Hash der Kennung, damit eine Ablehnung weiter gilt (Artikel ${article} DSGVO).`,
    remains: 'Was bleibt, und warum',
    remainsOf: (events, what) =>
      `Von ${events === '1' ? '1 Ereignis' : `${events} Ereignissen`} und von den aufgezeichneten Antworten: ${what}. Ohne sie ließe sich nicht zeigen, dass im Protokoll nichts verändert oder weggelassen wurde. Was die Ereignisse und Antworten sagten, ist unter dem vernichteten Schlüssel versiegelt.`,
    residual: {
      'random-ids': 'zufällige Kennungen',
      'event-types': 'Arten',
      'event-times': 'Zeiten',
      'event-sizes': 'Längen',
      commitments: 'Festlegungen',
      hashes: 'Hashes',
    },
    limits: [
      'Dass Schlüssel und Kennungen vernichtet wurden und nirgends eine Kopie davon liegt: Dafür steht das Wort des Registers. Das Protokoll beweist, dass die Löschung auf diesen Antrag hin, zu diesem Zeitpunkt und als letztes Ereignis der Akte aufgezeichnet wurde.',
      'Wann der Antrag einging, sein Grund, auf wessen Wort gelöscht wurde und wer unterrichtet ist: Dafür steht das Wort des Registers.',
      'Dass das, was bleibt, keine personenbezogenen Daten sind: Das entscheiden Gerichte, nicht dieses Dokument.',
    ],
  },
  times: {
    recorded: 'aufgezeichnet',
    signed: 'unterschrieben',
    effective: 'wirksam',
    ended: 'abgelaufen',
    asked: 'gefragt',
    validAt: 'für',
    knownAt: 'Stand',
  },
  event: {
    titles: {
      ConsentGranted: 'Einwilligung erteilt',
      ConsentRevoked: 'Einwilligung widerrufen',
      ConsentExpired: 'Einwilligung abgelaufen',
      ConsentInvalidated: 'Einwilligung irrtümlich eingetragen',
      EmergencyAccessDeclared: 'Notfallzugriff erklärt',
      PatientErased: 'Patient gelöscht',
      RestrictionPlaced: 'Verarbeitung eingeschränkt',
      RestrictionLifted: 'Einschränkung aufgehoben',
    },
    refusal: 'Einwilligung verweigert',
    unreadable: (path) =>
      `Das Dokument war nicht zu verstehen (${path}). Bis es gelesen ist, erlaubt es nichts.`,
    inForce: (ends) => `Gilt ${between(ends)}.`,
    retroactive: 'Gilt auch für die Zeit vor der Unterschrift.',
    otherwise: {
      permit: 'Erlaubt alles, wovon sie nicht spricht.',
      deny: 'Verbietet alles, wovon sie nicht spricht.',
    },
    except: 'Ausnahme: ',
    consent: (id) => `Einwilligung ${id}`,
    restriction: (id) => `Einschränkung ${id}`,
    erasure: (id) => `Löschung ${id}`,
    form: (formId, version) => `auf Formular ${formId}, Version ${version}`,
    replaces: (ids) => `Ersetzt ${ids}.`,
    purposes: (purposes) => `Für ${purposes}.`,
    grantor: (references) => `Erteilt von ${references}.`,
    representative: (reference, authority) =>
      `Für den Patienten unterschrieben von ${reference}${authority === undefined ? '' : ` (${authority})`}.`,
    witness: (references) => `Bezeugt von ${references}.`,
    document: (contentType, sha256) => `Dokument: ${contentType}, SHA-256 ${sha256}.`,
    fhir: (release, resourceKey) => `Aus FHIR ${release} ${resourceKey}.`,
    reason: (reason) => `Begründung: ${reason}`,
    correctedBy: (consentId) => `Berichtigt durch Einwilligung ${consentId}.`,
    emergency: (recipient, ends) => `${recipient} erklärte einen Notfall, ${between(ends)}.`,
    recordedBy: (subject, organisation, issuer) => `Aufgezeichnet von ${by(subject, organisation, issuer)}.`,
  },
  named: {
    instance: (reference) => reference,
    related: (reference) => `${reference} und worauf es verweist`,
    dependents: (reference) => `${reference} und was darauf verweist`,
    authoredby: (reference) => `verfasst von ${reference}`,
  },
  holders: (role) => `allen, die als ${role} handeln`,
  rule: (words) => {
    const verb = words.type === 'permit' ? 'Erlaubt' : 'Verbietet';
    const whom = words.recipients.length === 0 ? 'allen' : listed(words.recipients);
    const limits = limitsOf(words);
    const any = limits === '' ? 'jede Nutzung aller Daten' : `jede Nutzung von Daten (${limits})`;
    const data = limits === '' ? 'alle Daten' : `Daten (${limits})`;
    const what =
      words.actions.length === 0
        ? ` ${any}`
        : `, ${data} ${listed(words.actions.map((action) => verbs[action]))},`;
    const why = words.purposes.length === 0 ? 'für jeden Zweck' : `für ${listed(words.purposes)}`;
    const more = [
      words.custodians.length > 0 && `, verwahrt von ${listed(words.custodians)}`,
      (words.period.start ?? words.period.end) !== undefined && `, ${between(words.period)}`,
      words.obligations.length > 0 && `, mit der Auflage ${listed(words.obligations)}`,
    ].filter((part) => part !== false);
    return `${verb} ${whom}${what} ${why}${more.join('')}.`;
  },
  decision: {
    outcomes: { permit: 'Erlaubt', deny: 'Verweigert', conditional: 'Bedingt' },
    mixed: 'Je nach Angabe verschieden',
    reasons: {
      permitted: 'der Patient hat zugestimmt',
      refused: 'der Patient hat nein gesagt',
      conditional: 'wer gefragt hat, wendet die übrigen Regeln an',
      'missing-information': 'mit dem, was die Frage offenließ, kann es ein Nein sein',
      'implicit-policy': 'keine Einwilligung spricht davon; es gilt die Regel des Hauses',
      'not-covered': 'keine Einwilligung spricht davon',
      expired: 'die Einwilligung war abgelaufen',
      revoked: 'die Einwilligung war widerrufen',
      'not-yet-valid': 'die Einwilligung galt noch nicht',
      'no-consent': 'es gab keine Einwilligung',
      'unknown-patient': 'der Patient war nicht bekannt',
      'break-glass': 'ein Notfall war erklärt',
      'break-glass-undeclared': 'kein Notfall war erklärt',
      'break-glass-refused': 'der Patient hat Notfallzugriff verweigert',
      restricted: 'die Verarbeitung war eingeschränkt',
    },
    question: (who, action, purpose, items) =>
      `${who} wollte ${items === 1 ? 'Daten' : `${items} Angaben`} ${{ collect: 'erheben', access: 'abrufen', use: 'verwenden', disclose: 'offenlegen', correct: 'berichtigen' }[action]} für ${purpose}.`,
    memberOf: (references) => `Mitglied von ${references}`,
    roles: (roles) => `als ${roles}`,
    custodian: (reference) => `verwahrt von ${reference}`,
    verdict: (items, outcome, reason) =>
      `${counted(`${items}`, 'Angabe', 'Angaben')} ${{ permit: 'erlaubt', deny: 'verweigert', conditional: 'bedingt' }[outcome]}: ${reason}.`,
    basis: (grounds) => `Nach ${grounds}.`,
    ground: (name, rules) => `${name} (${rules})`,
    otherwise: 'im Übrigen',
    obligations: (obligations) => `Mit der Auflage ${obligations}.`,
    missing: (attributes) => `Offen blieb: ${attributes}.`,
    review: 'Nachzuprüfen.',
    askedBy: (subject, organisation, issuer) => `Gefragt über ${by(subject, organisation, issuer)}.`,
    id: (decisionId) => `Entscheidung ${decisionId}`,
  },
  proof: {
    event: (index, revision, line) => `Blatt ${index} · Revision ${revision} · Zeile ${line}`,
    decision: (index, entry, line) => `Blatt ${index} · Eintrag ${entry} · Zeile ${line}`,
  },
  codes: {
    TREAT: 'Behandlung',
    ETREAT: 'Notfallbehandlung',
    ERTREAT: 'Behandlung in der Notaufnahme',
    BTG: 'Notfallzugriff',
    CAREMGT: 'Versorgungssteuerung',
    COC: 'Koordination der Versorgung',
    CLINTRL: 'klinische Studie',
    HRESCH: 'Gesundheitsforschung',
    CLINTRCH: 'klinische Forschung',
    BIORCH: 'biomedizinische Forschung',
    DSRCH: 'krankheitsbezogene Forschung',
    HPAYMT: 'Abrechnung',
    COVERAGE: 'Kostenübernahme',
    HOPERAT: 'Betrieb der Einrichtung',
    HQUALIMP: 'Qualitätsverbesserung',
    HMARKT: 'Werbung',
    HLEGAL: 'Rechtsangelegenheiten',
    PATRQT: 'Wunsch des Patienten',
    FAMRQT: 'Wunsch der Familie',
    PUBHLTH: 'öffentliche Gesundheit',
    POPHLTH: 'Bevölkerungsgesundheit',
    PATSFTY: 'Patientensicherheit',
    PATADMIN: 'Patientenverwaltung',
    TRAIN: 'Ausbildung',
    MLTRAINING: 'Training maschinellen Lernens',
    DONAT: 'Spende',
    DISASTER: 'Katastrophe',
    THREAT: 'Gefahrenabwehr',
    PSY: 'psychiatrische Angaben',
    PSYTHPN: 'psychotherapeutische Notizen',
    MH: 'Angaben zur seelischen Gesundheit',
    BH: 'Angaben zum Verhalten',
    ETH: 'Angaben zu Suchtmitteln',
    SUD: 'Angaben zu Suchterkrankungen',
    HIV: 'Angaben zu HIV/AIDS',
    STD: 'Angaben zu Geschlechtskrankheiten',
    SEX: 'Angaben zur Sexualität',
    GDIS: 'Angaben zu Erbkrankheiten',
    SDV: 'Angaben zu Missbrauch und Gewalt',
    PREGNANT: 'Angaben zur Schwangerschaft',
    L: 'niedrig',
    M: 'mittel',
    N: 'normal',
    R: 'eingeschränkt',
    V: 'sehr eingeschränkt',
    U: 'uneingeschränkt',
  },
};
