import type { ExportKind } from '../../schemas/export/package.ts';
import type { AccessAction, Scope } from '../../schemas/http/scopes.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { Principal } from './principal.ts';

/** The one table of access: any one of the scopes allows the action. What stands in no row is not allowed. */
export const permissions: Readonly<Record<AccessAction, readonly [Scope, ...Scope[]]>> = {
  'record-consent': ['consents:write'],
  'read-consents': ['consents:read'],
  'search-consents': ['consents:search'],
  ask: ['decisions:ask', 'decisions:ask-any'],
  'ask-for-others': ['decisions:ask-any'],
  'declare-emergency': ['emergencies:declare'],
  'publish-form': ['forms:write'],
  'read-forms': ['forms:read'],
  'read-disclosures': ['disclosures:read'],
  'read-evidence': ['evidence:read'],
  'sign-checkpoint': ['evidence:sign'],
  'ask-for-export': ['exports:write'],
  'read-exports': ['exports:read'],
  'restrict-processing': ['restrictions:write'],
  'request-erasure': ['erasures:request'],
  'approve-erasure': ['erasures:approve'],
  'read-erasures': ['erasures:read'],
  'read-operations': ['operations:read'],
  'rotate-epochs': ['operations:rotate'],
};

const allows = (principal: Principal, action: AccessAction) =>
  permissions[action].some((scope) => principal.scopes.has(scope));

/** Whether a principal may do this at all: else `scope-missing`. */
export const may = (principal: Principal, action: AccessAction): Result<void> =>
  allows(principal, action)
    ? ok(undefined)
    : fail('scope-missing', `the token needs the scope ${permissions[action].join(' or ')}`);

/**
 * Whether a principal may ask for, see and fetch exports of this kind, beside what the route asks of it: what states
 * erasures, and in a certificate names the officers, is for whoever may read erasures. Else `scope-missing`.
 */
export const mayExport = (principal: Principal, kind: ExportKind): Result<void> =>
  kind === 'erasures' ? may(principal, 'read-erasures') : ok(undefined);

/** The recipient that a question names. */
export interface Asked {
  readonly reference: string;
  readonly memberOf?: readonly string[] | undefined;
}

/**
 * Whether a principal may ask for this recipient: an app asks only as its own organisation, which must be the
 * recipient itself or one that it is a member of, unless its scope says otherwise. `same` compares references
 * as the evaluator does (SEMANTICS S4.2). Else `organisation-mismatch`.
 */
export const mayAskFor = (
  principal: Principal,
  recipient: Asked,
  same: (one: string, other: string) => boolean,
): Result<void> => {
  if (allows(principal, 'ask-for-others')) return ok(undefined);
  const allowed = may(principal, 'ask');
  if (!allowed.ok) return allowed;
  const own = principal.organisation;
  const named = [recipient.reference, ...(recipient.memberOf ?? [])];
  return own !== undefined && named.some((reference) => same(own, reference))
    ? ok(undefined)
    : fail(
        'organisation-mismatch',
        'the recipient is not of the organisation that the token names',
        '/recipient',
      );
};
