import assert from 'node:assert/strict';
import { createSecretKey, hash, randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineEvent, type EventDefinition } from '../../schemas/events/define.ts';
import { commitmentOf, NotCanonical, requestHash } from '../../src/record/commitment.ts';
import { EnvelopeBroken } from '../../src/record/envelope.ts';
import { commitmentHolds, openEnvelope, openEvent, sealEvent } from '../../src/record/sealing.ts';
import { openPayload, UnknownEvent } from '../../src/record/upcast.ts';
import type { RecordedEvent } from '../../src/store/port.ts';

/** An event type with a history: a name was split, then a colour was added. */
const v1 = z.strictObject({ name: z.string() });
const v2 = z.strictObject({ given: z.string(), family: z.string() });
const v3 = z.strictObject({ given: z.string(), family: z.string(), colour: z.string() });
const moved = defineEvent(
  'ConsentGranted',
  'of these tests',
  [
    {
      schema: v1,
      upcast: (payload) => {
        const [given, family] = v1.parse(payload).name.split(' ');
        return { given, family };
      },
    },
    { schema: v2, upcast: (payload) => ({ ...v2.parse(payload), colour: 'none' }) },
  ],
  v3,
);
const onlyFirst = defineEvent('ConsentGranted', 'as it was at first', [], v1);

const key = { subject: randomUUID(), key: createSecretKey(randomBytes(32)) };
const place = { tenant: 'north', stream: `consents-${key.subject}`, revision: 5 };
const record = (
  definitions: readonly EventDefinition[],
  payload: unknown,
  hashed?: string,
): RecordedEvent => ({
  ...sealEvent(
    { id: randomUUID(), type: 'ConsentGranted', payload, requestHash: hashed },
    place,
    key,
    definitions,
  ),
  stream: place.stream,
  revision: place.revision,
  position: '1',
  recordedAt: 1_000,
});

describe('sealed events', () => {
  it('an event opens to what was sealed, with its place and its request', () => {
    const payload = { given: 'Ada', family: 'L', colour: 'red' };
    const event = record([moved], payload, 'the hash');
    const { id } = event;
    assert.deepEqual(openEvent(event, key, [moved]), {
      type: 'ConsentGranted',
      payload,
      revision: 5,
      recordedAt: 1_000,
      id,
      requestHash: 'the hash',
    });
    assert.equal(event.metadata.schemaVersion, 3);
    assert.equal(event.metadata.keyId, key.subject);
    assert.ok(!('requestHash' in openEvent(record([moved], payload), key, [moved])));
  });

  it('nothing of the payload stands in the clear', () => {
    const event = record([moved], { given: 'Canary', family: 'Finch', colour: 'yellow' });
    const bytes = Buffer.concat([Buffer.from(JSON.stringify(event.metadata)), event.data]);
    for (const canary of ['Canary', 'Finch', 'yellow']) assert.ok(!bytes.includes(canary));
  });

  it('an event does not open at another revision, stream, type, tenant or version', () => {
    const event = record([moved], { given: 'A', family: 'B', colour: 'c' });
    const forgeries: RecordedEvent[] = [
      { ...event, revision: 6 },
      { ...event, stream: 'consents-other' },
      { ...event, type: 'ConsentRevoked' },
      { ...event, metadata: { ...event.metadata, tenant: 'south' } },
      { ...event, metadata: { ...event.metadata, schemaVersion: 2 } },
    ];
    for (const forgery of forgeries) assert.throws(() => openEvent(forgery, key, [moved]), EnvelopeBroken);
  });

  it('the commitment is base64url SHA-256 over the salt and the RFC 8785 text of the payload', () => {
    const event = record([moved], { given: 'A', family: 'B', colour: 'c' });
    const opened = openEnvelope(event, key);
    assert.equal(opened.salt.length, 32);
    const text = '{"colour":"c","family":"B","given":"A"}';
    const expected = hash('sha256', Buffer.concat([opened.salt, Buffer.from(text)]), 'base64url');
    assert.equal(event.metadata.commitment, expected);
    assert.ok(commitmentHolds(event, opened));
    const forged = { ...event, metadata: { ...event.metadata, commitment: commitmentOf(opened.salt, '{}') } };
    assert.ok(!commitmentHolds(forged, opened));
  });

  it('the same payload is committed to anew each time', () => {
    const payload = { given: 'A', family: 'B', colour: 'c' };
    const [one, other] = [record([moved], payload), record([moved], payload)];
    assert.notEqual(one.metadata.commitment, other.metadata.commitment);
  });
});

describe('upcasting', () => {
  it('an event of version 1 is read as the newest version has it, through every step', () => {
    const event = record([onlyFirst], { name: 'Ada Lovelace' });
    assert.deepEqual(openEvent(event, key, [moved]).payload as unknown, {
      given: 'Ada',
      family: 'Lovelace',
      colour: 'none',
    });
  });

  it('each version starts at its own step', () => {
    assert.deepEqual(openPayload([moved], 'ConsentGranted', 2, { given: 'A', family: 'B' }), {
      given: 'A',
      family: 'B',
      colour: 'none',
    });
    const newest = { given: 'A', family: 'B', colour: 'c' };
    assert.equal(openPayload([moved], 'ConsentGranted', 3, newest), newest);
  });

  it('a version newer than the code, or none at all, stops the reader', () => {
    for (const version of [4, 0, -1, 1.5, Number.NaN])
      assert.throws(() => openPayload([moved], 'ConsentGranted', version, {}), UnknownEvent);
  });

  it('an unknown type stops reader and writer', () => {
    assert.throws(() => openPayload([moved], 'SomethingElse', 1, {}), UnknownEvent);
    assert.throws(() => record([], {}), UnknownEvent);
  });
});

describe('request hashes', () => {
  it('do not depend on the order of members, and on nothing else', () => {
    assert.equal(requestHash({ a: 1, b: [1, 2] }), requestHash({ b: [1, 2], a: 1 }));
    assert.notEqual(requestHash({ a: 1, b: [1, 2] }), requestHash({ a: 1, b: [2, 1] }));
    assert.equal(requestHash({ a: 1 }), hash('sha256', '{"a":1}', 'base64url'));
  });

  it('refuse what has no canonical form', () => {
    for (const value of [{ text: '\ud800' }, Number.NaN, undefined])
      assert.throws(() => requestHash(value), NotCanonical);
  });
});
