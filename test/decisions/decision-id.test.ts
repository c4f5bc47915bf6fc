import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { z } from 'zod';
import { askedAtOf, decisionIdAt } from '../../src/decisions/decision-id.ts';

test('the id is a UUID of version 7 that tells when the question was asked', () => {
  for (const at of [0, 1, 1_700_000_000_000, 2 ** 48 - 1]) {
    const id = decisionIdAt(at, randomUUID());
    assert.ok(z.uuid({ version: 'v7' }).safeParse(id).success, id);
    assert.equal(askedAtOf(id), at);
  }
  assert.equal(askedAtOf(randomUUID()), undefined);
  assert.equal(askedAtOf('x'), undefined);
});
