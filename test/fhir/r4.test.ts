import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actor, grantOf, optIn, optOut, purpose, r4, read, refusalOf } from './kit.ts';

const nurse = actor('PRCP', 'Practitioner/n1');
const toNurse = { recipient: [{ reference: 'Practitioner/n1' }] };
const doctor = actor('IRCP', 'Practitioner/d1');
const toDoctor = { recipient: [{ reference: 'Practitioner/d1' }] };
const year = { start: '2026-06-01', end: '2026-12-31' };
const treatment = [purpose('TREAT')];

const said = (...given: Parameters<typeof read>) => {
  const { signedAt: _, ...terms } = grantOf(read(...given)).terms;
  return terms;
};

test('S8.2 a typed root without criteria: its type holds otherwise, its provisions are the rules', () => {
  const root = { type: 'deny', period: year, provision: [{ type: 'permit', actor: [nurse] }] };
  assert.deepEqual(said(r4(root)), {
    period: year,
    otherwise: 'deny',
    rules: [{ type: 'permit', ...toNurse }],
  });
});

test('S8.2 a typed root with criteria is the rule, and what stands in it its exceptions', () => {
  const root = {
    type: 'permit',
    actor: [nurse],
    period: year,
    provision: [{ type: 'deny', purpose: treatment }],
  };
  assert.deepEqual(said(r4(root)), {
    period: year,
    rules: [{ type: 'permit', ...toNurse, exceptions: [{ purpose: treatment }] }],
  });
});

test('S8.2 a root permit that names purposes denies otherwise', () => {
  assert.deepEqual(said(r4({ type: 'permit', purpose: treatment })), {
    purpose: treatment,
    otherwise: 'deny',
    rules: [{ type: 'permit', purpose: treatment }],
  });
});

test('S8.2 otherwise is deny for a root permit under OPTOUT and permit for a root deny under OPTIN', () => {
  const otherwise = (type: string, policyRule: object) =>
    said(r4({ type, actor: [nurse] }, { ...policyRule })).otherwise;
  assert.equal(otherwise('permit', optOut), 'deny');
  assert.equal(otherwise('deny', optIn), 'permit');
  assert.equal(otherwise('permit', optIn), undefined);
  assert.equal(otherwise('deny', optOut), undefined);
});

test('S8.2 the period of a root against its policy rule is the rule’s', () => {
  assert.deepEqual(said(r4({ type: 'deny', period: year }, optIn)), {
    otherwise: 'permit',
    rules: [{ type: 'deny', period: year }],
  });
  const opened = { type: 'permit', period: year, provision: [{ type: 'deny', actor: [nurse] }] };
  assert.deepEqual(said(r4(opened, optOut)), {
    otherwise: 'deny',
    rules: [{ type: 'permit', period: year, exceptions: [toNurse] }],
  });
});

test('S8.2 an untyped root with nothing but a period and provisions is of the type of its policy rule', () => {
  const root = { period: year, provision: [{ type: 'deny', actor: [nurse] }] };
  assert.deepEqual(said(r4(root, optIn)), {
    period: year,
    otherwise: 'permit',
    rules: [{ type: 'deny', ...toNurse }],
  });
  assert.equal(refusalOf(read(r4(root))), 'unreadable Consent.provision.type');
});

test('S8.2 any other untyped root is refused, or read as its policy or as an exception to it', () => {
  const resource = r4({ actor: [nurse] }, optIn);
  assert.equal(refusalOf(read(resource)), 'unreadable Consent.provision.type');
  assert.deepEqual(said(resource, { untypedRoot: 'as-base' }), { rules: [{ type: 'permit', ...toNurse }] });
  assert.deepEqual(said(resource, { untypedRoot: 'as-exception' }), {
    otherwise: 'permit',
    rules: [{ type: 'deny', ...toNurse }],
  });
  assert.equal(
    refusalOf(read(r4({ actor: [nurse] }), { untypedRoot: 'as-base' })),
    'unreadable Consent.provision.type',
  );
});

test('S8.2 without a root the policy rule is the one rule', () => {
  assert.deepEqual(said(r4(undefined, optIn)), { rules: [{ type: 'permit' }] });
  assert.deepEqual(said(r4(undefined, optOut)), { rules: [{ type: 'deny' }] });
  assert.equal(refusalOf(read(r4(undefined))), 'unreadable Consent.policyRule');
  const both = { policyRule: { coding: [...optIn.policyRule.coding, ...optOut.policyRule.coding] } };
  assert.equal(refusalOf(read(r4(undefined, both))), 'unreadable Consent.policyRule');
});

test('S8.2 a provision of the type of its parent is refused, at any depth', () => {
  const inner = {
    type: 'permit',
    provision: [{ type: 'deny', provision: [{ type: 'deny', actor: [nurse] }] }],
  };
  assert.equal(refusalOf(read(r4(inner))), 'unreadable Consent.provision.provision[0].provision[0].type');
});

test('S8.2 siblings: a provision of the type of its parent is a rule beside it, with its criteria where it has none', () => {
  const root = {
    type: 'permit',
    actor: [nurse],
    purpose: treatment,
    provision: [
      { type: 'deny', actor: [doctor] },
      { type: 'permit', actor: [doctor], provision: [{ type: 'permit', purpose: [purpose('HPAYMT')] }] },
    ],
  };
  assert.deepEqual(said(r4(root), { sameType: 'siblings' }), {
    purpose: [purpose('TREAT'), purpose('HPAYMT')],
    otherwise: 'deny',
    rules: [
      { type: 'permit', ...toNurse, purpose: treatment, exceptions: [toDoctor] },
      { type: 'permit', ...toDoctor, purpose: treatment },
      { type: 'permit', ...toDoctor, purpose: [purpose('HPAYMT')] },
    ],
  });
});

test('S8.2 siblings: what repeats the type of an exception is an exception beside it', () => {
  const root = {
    type: 'permit',
    actor: [nurse],
    provision: [{ type: 'deny', purpose: treatment, provision: [{ type: 'deny', actor: [doctor] }] }],
  };
  assert.deepEqual(said(r4(root), { sameType: 'siblings' }).rules, [
    { type: 'permit', ...toNurse, exceptions: [{ purpose: treatment }, { purpose: treatment, ...toDoctor }] },
  ]);
});

test('S8.2 siblings of a basic privacy consent of IHE PCF: the base and what it adds', () => {
  const root = {
    type: 'permit',
    purpose: treatment,
    provision: [{ type: 'permit', purpose: [purpose('HRESCH')], actor: [nurse] }],
  };
  assert.deepEqual(said(r4(root), { sameType: 'siblings' }).rules, [
    { type: 'permit', purpose: treatment },
    { type: 'permit', purpose: [purpose('HRESCH')], ...toNurse },
  ]);
});

test('S8.2 a period that starts before dateTime makes the grant retroactive, in the time zone of the ledger', () => {
  const from = (start: string, dateTime: string, timeZone?: string) =>
    said(r4({ type: 'deny', period: { start } }, { dateTime }), {}, timeZone).retroactive;
  assert.equal(from('2025', '2026-03-01'), true);
  assert.equal(from('2026-03-01', '2026-03-01'), undefined);
  assert.equal(from('2026-03-02', '2026-03-01'), undefined);
  assert.equal(from('2026-03-01', '2026-02-28T23:30:00Z', 'UTC'), undefined);
  assert.equal(from('2026-03-01', '2026-02-28T22:30:00Z', 'Europe/Berlin'), undefined);
  assert.equal(from('2026-03-01', '2026-02-28T23:30:00Z', 'Asia/Tokyo'), true);
});

test('S8.2 a nested provision without a type, and a resource without dateTime, are refused', () => {
  const nested = r4({ type: 'deny', provision: [{ type: 'permit' }, { actor: [nurse] }] });
  assert.equal(refusalOf(read(nested)), 'unreadable Consent.provision.provision[1].type');
  assert.equal(refusalOf(read(r4({ type: 'deny' }, { dateTime: undefined }))), 'unreadable Consent.dateTime');
});
