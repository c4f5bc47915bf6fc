import assert from 'node:assert/strict';
import { it } from 'node:test';
import { maybeSamePerson } from '../../src/erasure/four-eyes.ts';

const officer = (issuer: string, subject: string, person?: string) => ({
  issuer,
  subject,
  ...(person !== undefined && { person }),
});

for (const [one, other, same] of [
  [officer('a', 'x'), officer('a', 'x'), true],
  [officer('a', 'x'), officer('a', 'y'), false],
  [officer('a', 'x', 'P/1'), officer('a', 'x', 'P/2'), true],
  [officer('a', 'x', 'P/1'), officer('a', 'y', 'P/1'), true],
  [officer('a', 'x', 'P/1'), officer('b', 'y', 'P/1'), true],
  [officer('a', 'x', 'P/1'), officer('b', 'x', 'P/2'), false],
  [officer('a', 'x'), officer('b', 'y'), true],
  [officer('a', 'x', 'P/1'), officer('b', 'y'), true],
  [officer('a', 'x', 'P/1'), officer('a', 'y'), false],
] as const)
  it(`${JSON.stringify(one)} and ${JSON.stringify(other)} ${same ? 'may be' : 'are not'} one person`, () => {
    assert.equal(maybeSamePerson(one, other), same);
    assert.equal(maybeSamePerson(other, one), same);
  });
