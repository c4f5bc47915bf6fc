const patientPrefix = 'consents-';
const formPrefix = 'forms-';

/** The stream of one patient: the boundary of its invariants, its history and its erasure. */
export const patientStream = (subject: string): string => `${patientPrefix}${subject}`;

/** The stream of a tenant's forms; its subject is admitted to the vault under `formSystem`. */
export const formStream = (subject: string): string => `${formPrefix}${subject}`;

/** The reports that were made for a tenant; its subject is admitted to the vault under `reportSystem`. */
export const reportStream = (subject: string): string => `reports-${subject}`;

/** The answers that one node gave, in the order in which it gave them. */
export const decisionStream = (nodeId: string): string => `decisions-${nodeId}`;

/** Where the settings that answers were given under are recorded. */
export const settingsStream = 'settings';

/** The signed checkpoints of the ledger. */
export const checkpointStream = 'checkpoints';

/** What the names of the streams of requests for erasure begin with. */
export const erasurePrefix = 'erasures-';

/** The stream of one request for erasure; its subject has a key of its own in the vault. */
export const erasureStream = (erasureId: string): string => `${erasurePrefix}${erasureId}`;

/** Identifier system of the requests for erasure in the vault; the value is random, or derived of who asked. */
export const erasureSystem = 'urn:consent-ledger:erasure';

/** Identifier system of a tenant's forms in the vault: `{ system: formSystem, value: tenant }`. */
export const formSystem = 'urn:consent-ledger:form';

/** Identifier system of the log of a tenant's reports in the vault: `{ system: reportSystem, value: tenant }`. */
export const reportSystem = 'urn:consent-ledger:report';

/** Identifier system of the key of one export: `{ system: exportSystem, value: exportId }`. */
export const exportSystem = 'urn:consent-ledger:export';

/** Identifier system of a tenant's own key: `{ system: tenantSystem, value: tenant }`. */
export const tenantSystem = 'urn:consent-ledger:tenant';

/** The subject of a patient's stream; absent for every other stream. */
export const subjectOfPatientStream = (stream: string): string | undefined =>
  stream.startsWith(patientPrefix) ? stream.slice(patientPrefix.length) : undefined;
