/** What an access token may be granted (RFC 9068 `scope`). */
export const scopes = [
  'consents:write',
  'consents:read',
  'consents:search',
  'decisions:ask',
  'decisions:ask-any',
  'emergencies:declare',
  'forms:write',
  'forms:read',
  'disclosures:read',
  'evidence:read',
  'evidence:sign',
  'exports:write',
  'exports:read',
  'restrictions:write',
  'erasures:request',
  'erasures:approve',
  'erasures:read',
  'operations:read',
  'operations:rotate',
] as const;
export type Scope = (typeof scopes)[number];

/** What a caller can want to do; `src/access/may.ts` says which scopes allow it. */
export const actions = [
  'record-consent',
  'read-consents',
  'search-consents',
  'ask',
  'ask-for-others',
  'declare-emergency',
  'publish-form',
  'read-forms',
  'read-disclosures',
  'read-evidence',
  'sign-checkpoint',
  'ask-for-export',
  'read-exports',
  'restrict-processing',
  'request-erasure',
  'approve-erasure',
  'read-erasures',
  'read-operations',
  'rotate-epochs',
] as const;
export type AccessAction = (typeof actions)[number];
