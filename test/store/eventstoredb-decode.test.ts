import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { decodeRead, type RemoteEvent } from '../../src/store/eventstoredb-decode.ts';

const { ReadResp } = streams;

/** As the server sends it, by the classes that are generated from its proto files. */
const encoded = (event: RemoteEvent, ticks: bigint): Buffer => {
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream)))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.position.commit))
    .setPreparePosition(String(event.position.prepare))
    .setCustomMetadata(Buffer.from(event.metadata))
    .setData(event.data);
  const facts = recorded.getMetadataMap();
  facts.set('type', event.type).set('created', String(ticks)).set('content-type', 'application/octet-stream');
  const read = new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(event.position.commit));
  return Buffer.from(new ReadResp().setEvent(read).serializeBinary());
};

const text = fc.string({ unit: 'grapheme' });
const place = fc.maxSafeNat();
const event = fc.record(
  {
    position: fc.record({ commit: place, prepare: place }, { noNullPrototype: true }),
    stream: text,
    revision: place,
    id: fc.uuid(),
    type: text,
    created: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    metadata: text,
    data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

describe('what the server sends on a read', () => {
  it('an event is decoded as the generated classes encode it', () => {
    fc.assert(
      fc.property(event, fc.integer({ min: 0, max: 9_999 }), (given, rest) => {
        const ticks = BigInt(given.created) * 10_000n + BigInt(rest);
        assert.deepEqual(decodeRead(encoded(given, ticks)), { event: given });
      }),
    );
  });

  it('a checkpoint is told apart', () => {
    fc.assert(
      fc.property(place, place, (commit, prepare) => {
        const checkpoint = new ReadResp.Checkpoint()
          .setCommitPosition(String(commit))
          .setPreparePosition(String(prepare));
        const bytes = new ReadResp().setCheckpoint(checkpoint).serializeBinary();
        assert.deepEqual(decodeRead(Buffer.from(bytes)), { checkpoint: { commit, prepare } });
      }),
    );
  });

  it('whatever else there is is passed over, fields of later versions too', () => {
    const confirmation = new ReadResp.SubscriptionConfirmation().setSubscriptionId('x');
    const bytes = Buffer.from(new ReadResp().setConfirmation(confirmation).serializeBinary());
    assert.deepEqual(decodeRead(bytes), {});
    const unknown = Buffer.from([
      0xa0, 0x06, 0x05, 0xa9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xad, 0x06, 1, 2, 3, 4,
    ]);
    assert.deepEqual(decodeRead(Buffer.concat([unknown, bytes])), {});
  });

  it('a message that is cut short is no message', () => {
    const given = { position: { commit: 1, prepare: 1 }, stream: 's', revision: 0, id: 'i', type: 't' };
    const bytes = encoded({ ...given, created: 1, metadata: '{}', data: Buffer.from('data') }, 10_000n);
    for (let length = 1; length < bytes.length; length += 1)
      assert.throws(() => decodeRead(bytes.subarray(0, length)), RangeError);
  });
});
