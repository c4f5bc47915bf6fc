import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportKinds } from '../../schemas/export/package.ts';
import { type AccessAction, actions, type Scope, scopes } from '../../schemas/http/scopes.ts';
import { may, mayAskFor, mayExport } from '../../src/access/may.ts';
import type { Principal } from '../../src/access/principal.ts';

const principal = (held: readonly string[], organisation?: string): Principal => ({
  issuer: 'i',
  subject: 's',
  client: 'c',
  tenant: 't',
  ...(organisation !== undefined && { organisation }),
  scopes: new Set(held),
});

/** Worked out by hand, apart from the table that it checks. */
const expected: Readonly<Record<Scope, readonly AccessAction[]>> = {
  'consents:write': ['record-consent'],
  'consents:read': ['read-consents'],
  'consents:search': ['search-consents'],
  'decisions:ask': ['ask'],
  'decisions:ask-any': ['ask', 'ask-for-others'],
  'emergencies:declare': ['declare-emergency'],
  'forms:write': ['publish-form'],
  'forms:read': ['read-forms'],
  'disclosures:read': ['read-disclosures'],
  'evidence:read': ['read-evidence'],
  'evidence:sign': ['sign-checkpoint'],
  'exports:write': ['ask-for-export'],
  'exports:read': ['read-exports'],
  'restrictions:write': ['restrict-processing'],
  'erasures:request': ['request-erasure'],
  'erasures:approve': ['approve-erasure'],
  'erasures:read': ['read-erasures'],
  'operations:read': ['read-operations'],
  'operations:rotate': ['rotate-epochs'],
};

describe('the table of access', () => {
  for (const scope of scopes) {
    for (const action of actions) {
      const allowed = expected[scope].includes(action);
      it(`${scope} ${allowed ? 'allows' : 'does not allow'} ${action}`, () => {
        const result = may(principal([scope]), action);
        assert.equal(result.ok ? 'allowed' : result.error.code, allowed ? 'allowed' : 'scope-missing');
      });
    }
  }

  it('allows nothing without a scope, nor by one that is only alike', () => {
    const alike = [
      '',
      '*',
      'admin',
      'consents',
      'consents:*',
      'CONSENTS:WRITE',
      'consents:write ',
      'constructor',
    ];
    for (const action of actions) assert.ok(!may(principal(alike), action).ok);
  });
});

describe('exports of a kind', () => {
  it('that states erasures are for whoever may read erasures, and no other scope will do', () => {
    for (const scope of scopes) {
      const result = mayExport(principal([scope]), 'erasures');
      const expectedCode = scope === 'erasures:read' ? 'allowed' : 'scope-missing';
      assert.equal(result.ok ? 'allowed' : result.error.code, expectedCode, scope);
    }
  });

  it('of every other kind ask for nothing beside what the route does', () => {
    for (const kind of exportKinds.filter((one) => one !== 'erasures'))
      assert.ok(mayExport(principal([]), kind).ok, kind);
  });
});

describe('asking for a recipient', () => {
  const same = (one: string, other: string) => one === other;
  const code = (asker: Principal, reference: string, memberOf?: string[]) => {
    const result = mayAskFor(asker, { reference, memberOf }, same);
    return result.ok ? 'allowed' : result.error.code;
  };
  const app = principal(['decisions:ask'], 'Organization/a');

  it('is allowed for the own organisation and its members', () => {
    assert.equal(code(app, 'Organization/a'), 'allowed');
    assert.equal(code(app, 'Practitioner/p', ['Organization/b', 'Organization/a']), 'allowed');
  });

  it('is refused for others, also without a claim, and for what is only alike', () => {
    assert.equal(code(app, 'Organization/b'), 'organisation-mismatch');
    assert.equal(code(app, 'Practitioner/p', ['Organization/b']), 'organisation-mismatch');
    assert.equal(code(app, 'Practitioner/p'), 'organisation-mismatch');
    assert.equal(code(app, 'Organization/aa'), 'organisation-mismatch');
    assert.equal(code(principal(['decisions:ask']), 'Organization/a'), 'organisation-mismatch');
    const unclaimed = mayAskFor(principal(['decisions:ask']), { reference: 'Organization/a' }, () => true);
    assert.ok(!unclaimed.ok);
  });

  it('is allowed for others by decisions:ask-any alone', () => {
    assert.equal(code(principal(['decisions:ask-any']), 'Organization/b'), 'allowed');
    for (const scope of scopes.filter((name) => name !== 'decisions:ask-any' && name !== 'decisions:ask')) {
      assert.equal(code(principal([scope], 'Organization/a'), 'Organization/a'), 'scope-missing');
    }
  });
});
