import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ImportChoices } from '../../src/fhir/choices.ts';
import { grantOf, hl7Examples, read } from './kit.ts';

type Yields = { grant: unknown } | { unreadable: string };

/**
 * What each example must yield, each checked by hand against the text of S8. Under other than the default choices those
 * are listed that differ: all others yield what they yield by default. Patients: `Patient/f001` where not listed.
 */
const { patients, readings } = JSON.parse(
  readFileSync(new URL('../data/hl7-expected.json', import.meta.url), 'utf8'),
) as {
  patients: Record<string, string>;
  readings: { choices: Partial<ImportChoices>; expected: Record<string, Yields> }[];
};
const byDefault = readings[0]!.expected;

test('S8.1 S8.2 each of the 24 examples has its expectation', () => {
  assert.equal(hl7Examples.size, 24);
  assert.deepEqual(Object.keys(byDefault).sort(), [...hl7Examples.keys()].sort());
});

for (const { choices, expected } of readings) {
  for (const [name, resource] of hl7Examples) {
    const rule = name.startsWith('r5') ? 'S8.1' : 'S8.2';
    test(`${rule} HL7's ${name} under ${JSON.stringify(choices)}`, () => {
      const yields = expected[name] ?? byDefault[name]!;
      const reading = read(resource, choices);
      if ('grant' in yields) assert.deepEqual(grantOf(reading).terms, yields.grant);
      else {
        assert.equal(reading.kind, 'unreadable');
        assert.equal(reading.kind === 'unreadable' && reading.path, yields.unreadable);
      }
      assert.deepEqual('patient' in reading && reading.patient, {
        system: 'urn:consent-ledger:fhir',
        value: patients[name] ?? 'Patient/f001',
      });
    });
  }
}
