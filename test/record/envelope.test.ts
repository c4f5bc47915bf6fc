import assert from 'node:assert/strict';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import { EnvelopeBroken, open, type Place, seal } from '../../src/record/envelope.ts';

const key = createSecretKey(randomBytes(32));
const keyId = randomUUID();
const place: Place = {
  tenant: 'north',
  stream: `consents-${keyId}`,
  revision: 3,
  type: 'ConsentGranted',
  schemaVersion: 1,
};
const plain = Buffer.from('what nobody else may read');

it('what is sealed opens at its place, whatever it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      const envelope = seal(key, keyId, place, Buffer.from(bytes));
      assert.deepEqual(open(key, keyId, place, envelope), Buffer.from(bytes));
    }),
  );
});

it('an envelope in which any one bit differs does not open', () => {
  const envelope = seal(key, keyId, place, plain);
  for (let bit = 0; bit < envelope.length * 8; bit += 1) {
    const changed = Buffer.from(envelope);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => open(key, keyId, place, changed), EnvelopeBroken, `bit ${bit}`);
  }
});

it('an envelope that is cut short, or longer, does not open', () => {
  const envelope = seal(key, keyId, place, plain);
  for (let length = 0; length < envelope.length; length += 1)
    assert.throws(() => open(key, keyId, place, envelope.subarray(0, length)), EnvelopeBroken, `${length}`);
  assert.throws(() => open(key, keyId, place, Buffer.concat([envelope, Buffer.of(0)])), EnvelopeBroken);
});

it('an envelope opens nowhere but at its place', () => {
  const envelope = seal(key, keyId, place, plain);
  const elsewhere: Record<string, Place> = {
    tenant: { ...place, tenant: 'south' },
    stream: { ...place, stream: `consents-${randomUUID()}` },
    revision: { ...place, revision: 4 },
    type: { ...place, type: 'ConsentRevoked' },
    schemaVersion: { ...place, schemaVersion: 2 },
  };
  for (const [what, other] of Object.entries(elsewhere))
    assert.throws(() => open(key, keyId, other, envelope), EnvelopeBroken, what);
});

it('an envelope opens under its own key and key id alone', () => {
  const envelope = seal(key, keyId, place, plain);
  assert.throws(() => open(createSecretKey(randomBytes(32)), keyId, place, envelope), EnvelopeBroken);
  assert.throws(() => open(key, randomUUID(), place, envelope), EnvelopeBroken);
  const renamed = Buffer.from(envelope);
  const other = randomUUID();
  renamed.write(other, 2);
  assert.throws(() => open(key, other, place, renamed), EnvelopeBroken);
});

it('places that run into each other do not share an envelope', () => {
  const one = { ...place, tenant: 'a', stream: 'bc' };
  const other = { ...place, tenant: 'ab', stream: 'c' };
  assert.throws(() => open(key, keyId, other, seal(key, keyId, one, plain)), EnvelopeBroken);
});

it('the same text never gives the same envelope', () => {
  const nonces = new Set(
    Array.from({ length: 5_000 }, () => {
      const envelope = seal(key, keyId, place, plain);
      return envelope.toString('hex', 2 + keyId.length, 2 + keyId.length + 12);
    }),
  );
  assert.equal(nonces.size, 5_000);
});

it('a key id must fit its length byte', () => {
  assert.throws(() => seal(key, '', place, plain), RangeError);
  assert.throws(() => seal(key, 'k'.repeat(256), place, plain), RangeError);
});
