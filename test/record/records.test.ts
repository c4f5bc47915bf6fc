import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { fail, ok } from '../../schemas/result.ts';
import { emptyRecord } from '../../src/consent/state.ts';
import { requestHash } from '../../src/record/commitment.ts';
import { patientStream } from '../../src/record/streams.ts';
import type { AppendOutcome, EventStore } from '../../src/store/port.ts';
import { withFolder } from '../vault/kit.ts';
import { agent, consent, good, granting, openRecordKit, type RecordKit, revoking, tenant } from './kit.ts';

const test = (what: string, run: (kit: RecordKit) => Promise<void>): void => {
  it(what, { timeout: 60_000 }, () =>
    withFolder(async (folder) => {
      const kit = await openRecordKit(folder);
      try {
        await run(kit);
      } finally {
        await kit.close();
      }
    }),
  );
};

/** The store, but each append is answered as `answer` says; it may or may not pass it on. */
const storeThat = (
  store: EventStore,
  answer: (pass: () => Promise<AppendOutcome>) => Promise<AppendOutcome>,
): EventStore =>
  new Proxy(store, {
    get: (target, name) => {
      if (name === 'append')
        return (...args: Parameters<EventStore['append']>) => answer(() => target.append(...args));
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

const unknown: AppendOutcome = { outcome: 'unknown', detail: 'no answer in time' };

describe('reading a record', () => {
  test('a patient without events has an empty record', async ({ records, key }) => {
    assert.deepEqual(await records.load(tenant, key), ok(emptyRecord));
  });

  test('what was written is read, through the seal', async ({ records, others, key }) => {
    const payload = consent();
    const { revision, recordedAt, events } = good(await records.execute(tenant, key, granting(payload), {}));
    assert.equal(revision, 0);
    assert.deepEqual(events[0]?.payload, payload);
    const record = good(await others().load(tenant, key));
    const { agent: _, ...grant } = payload;
    assert.deepEqual(record.consents, [{ grant, revision: 0, recordedAt, revocations: [] }]);
  });

  test('a record in the cache is used until its stream grows, by whomever', async ({
    records,
    others,
    key,
  }) => {
    assert.equal(records.peek(key.subject), undefined);
    const { consentId } = consent();
    await records.execute(tenant, key, granting(consent({ consentId })), {});
    const first = good(await records.load(tenant, key));
    assert.equal(records.peek(key.subject), first);
    assert.equal(good(await records.load(tenant, key)), first, 'the same object, not read again');
    const other = others();
    const writing = other.execute(tenant, key, revoking(consentId), {});
    await writing;
    assert.equal(records.peek(key.subject), undefined);
    assert.equal(good(await records.load(tenant, key)).consents[0]?.revocations.length, 1);
  });

  test('while an append is under way the cache says nothing, and a load waits for it', async (kit) => {
    const { records, others, key, store } = kit;
    await records.execute(tenant, key, granting(), {});
    await records.load(tenant, key);
    const writing = others().execute(tenant, key, granting(), {});
    while (store.pending(patientStream(key.subject)) === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(records.peek(key.subject), undefined);
    const settled = good(await records.settled(tenant, key));
    assert.equal(settled.record.revision, 1);
    assert.ok(good(await writing).recordedAt <= settled.now);
  });

  test('nothing is ever recorded at or before the now of a record that does not hold it', async (kit) => {
    const { records, others, key } = kit;
    const writers = [others(), others()].map(async (writer) => {
      for (let n = 0; n < 30; n += 1) await writer.execute(tenant, key, granting(), {});
    });
    const seen: { revision: number; now: number }[] = [];
    let writing = true;
    const reading = (async () => {
      while (writing) {
        const { record, now } = good(await records.settled(tenant, key));
        seen.push({ revision: record.revision, now });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await Promise.all(writers);
    writing = false;
    await reading;
    const history = good(await records.history(tenant, key, 0, 1000));
    assert.equal(history.length, 60);
    for (const { revision, now } of seen)
      assert.ok(history.slice(revision + 1).every(({ recordedAt }) => recordedAt > now));
    assert.ok(seen.length > 10);
  });

  test('history gives the opened events from a revision on', async ({ records, key }) => {
    for (let n = 0; n < 3; n += 1) await records.execute(tenant, key, granting(), {});
    const events = good(await records.history(tenant, key, 1, 1));
    assert.deepEqual(
      events.map(({ type, revision }) => ({ type, revision })),
      [{ type: 'ConsentGranted', revision: 1 }],
    );
  });

  test('a record of another tenant, or under another key, is unreadable', async (kit) => {
    const { records, others, key, keyring } = kit;
    await records.execute(tenant, key, granting(), {});
    const stranger = await keyring.admit(tenant, { system: 's', value: 'other' });
    const wrongKey = { subject: key.subject, key: stranger.key };
    for (const load of [others().load('south', key), others().load(tenant, wrongKey)]) {
      const loaded = await load;
      assert.equal(!loaded.ok && loaded.error.code, 'record-unreadable');
    }
  });

  test('an event that this code does not know makes the record unreadable', async ({
    others,
    records,
    key,
  }) => {
    await records.execute(tenant, key, granting(), {});
    const older = others({ definitions: [] });
    const loaded = await older.load(tenant, key);
    assert.equal(!loaded.ok && loaded.error.code, 'record-unreadable');
  });
});

describe('commands', () => {
  test('8 writers on one patient: every command counts once', async ({ others, key, records }) => {
    const writers = Array.from({ length: 8 }, () => others());
    await Promise.all(
      writers.map(async (writer) => {
        for (let n = 0; n < 10; n += 1) good(await writer.execute(tenant, key, granting(), {}));
      }),
    );
    const { consents, revision } = good(await records.load(tenant, key));
    assert.equal(revision, 79);
    assert.equal(new Set(consents.map(({ grant }) => grant.consentId)).size, 80);
  });

  test('a command that meets another writer is decided anew on what that one wrote', async (kit) => {
    const { others, key, store } = kit;
    const other = others();
    let once = true;
    const slow = storeThat(store, async (pass) => {
      if (once) {
        once = false;
        good(await other.execute(tenant, key, granting(), {}));
      }
      return pass();
    });
    const seen: number[] = [];
    const written = good(
      await others({ store: slow }).execute(
        tenant,
        key,
        (record, now) => {
          seen.push(record.consents.length);
          return granting()(record, now);
        },
        {},
      ),
    );
    assert.deepEqual(seen, [0, 1]);
    assert.equal(written.revision, 1);
  });

  test('who loses every time is told so', async ({ others, key, store }) => {
    const losing = storeThat(store, async () => ({ outcome: 'conflict', revision: 7 }));
    const written = await others({ store: losing }).execute(tenant, key, granting(), {});
    assert.equal(!written.ok && written.error.code, 'write-contention');
  });

  test('a refusal of the decision, or of the store, is the answer, and nothing is written', async (kit) => {
    const { records, others, key, store } = kit;
    const refused = fail('consent-unknown', 'no such consent');
    assert.deepEqual(await records.execute(tenant, key, () => refused, {}), refused);
    const full = storeThat(store, async () => ({ outcome: 'refused', code: 'store-full', detail: 'full' }));
    const written = await others({ store: full }).execute(tenant, key, granting(), {});
    assert.equal(!written.ok && written.error.code, 'store-full');
    assert.equal(good(await records.load(tenant, key)).revision, -1);
  });

  test('a command that decides on nothing writes nothing', async ({ records, key }) => {
    const empty = good(await records.execute(tenant, key, () => ok([]), {}));
    assert.deepEqual(empty, { revision: -1, recordedAt: 0, events: [], replayed: false });
    const { position } = good(await records.execute(tenant, key, granting(), {}));
    const none = good(await records.execute(tenant, key, () => ok([]), {}));
    assert.deepEqual({ revision: none.revision, position: none.position }, { revision: 0, position });
  });

  test('an expected revision that is not the record’s is a mismatch', async ({ records, key }) => {
    good(await records.execute(tenant, key, granting(), { expectedRevision: -1 }));
    const stale = await records.execute(tenant, key, granting(), { expectedRevision: -1 });
    assert.equal(!stale.ok && stale.error.code, 'revision-mismatch');
    good(await records.execute(tenant, key, granting(), { expectedRevision: 0 }));
  });

  test('text that has no canonical form is refused', async ({ records, key }) => {
    const payload = consent({
      source: { contentType: 'text/plain', sha256: '0'.repeat(64), title: '\ud800' },
    });
    const written = await records.execute(tenant, key, granting(payload), {});
    assert.equal(!written.ok && written.error.code, 'invalid-request');
  });

  test('the trace of the request stands in the metadata', async ({ records, key, store }) => {
    await records.execute(tenant, key, granting(), { correlationId: 'c0ffee', causationId: 'beef' });
    const [event] = store.streamSlice(patientStream(key.subject), 0);
    assert.equal(event?.metadata.correlationId, 'c0ffee');
    assert.equal(event?.metadata.causationId, 'beef');
  });
});

describe('retries', () => {
  const context = () => ({ requestId: randomUUID(), requestHash: requestHash({ consent: 1 }) });

  test('an unknown outcome is tried again with the same events, and counts once', async (kit) => {
    const { others, key, store, records } = kit;
    let calls = 0;
    const shaky = storeThat(store, async (pass) => {
      calls += 1;
      const outcome = calls === 1 ? await pass() : calls === 2 ? unknown : await pass();
      return calls === 1 ? unknown : outcome;
    });
    const written = good(await others({ store: shaky }).execute(tenant, key, granting(), {}));
    assert.equal(calls, 3);
    assert.equal(written.revision, 0);
    assert.equal(good(await records.load(tenant, key)).revision, 0);
  });

  test('an outcome that stays unknown is said to be so; the same request then finds what was written', async (kit) => {
    const { others, key, store, records } = kit;
    const deaf = storeThat(store, async (pass) => {
      await pass();
      return unknown;
    });
    const request = context();
    const first = await others({ store: deaf }).execute(tenant, key, granting(), request);
    assert.equal(!first.ok && first.error.code, 'outcome-unknown');
    const again = good(await records.execute(tenant, key, granting(), request));
    assert.ok(again.replayed);
    assert.equal(good(await records.load(tenant, key)).revision, 0);
  });

  test('a retry answers what the first try wrote, also after later events and from the row', async (kit) => {
    const { records, others, key, rows } = kit;
    const request = context();
    const { consentId } = consent();
    const both = () =>
      ok([
        { type: 'ConsentGranted', payload: consent({ consentId }) },
        { type: 'ConsentRevoked', payload: { consentId, agent } },
      ]);
    const first = good(await records.execute(tenant, key, both, request));
    assert.equal(first.events[0]?.id, request.requestId);
    await records.execute(tenant, key, granting(), {});
    const again = good(await records.execute(tenant, key, both, request));
    assert.deepEqual(again, { ...first, replayed: true });
    rows.put(key.subject, good(await records.renewedRow(tenant, key)));
    assert.deepEqual(good(await others().execute(tenant, key, both, request)), again);
    assert.equal(good(await records.load(tenant, key)).revision, 2);
  });

  test('retries side by side are carried out once', async ({ others, key, records }) => {
    const request = context();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => others().execute(tenant, key, granting(), request)),
    );
    assert.equal(answers.filter((answer) => !good(answer).replayed).length, 1);
    assert.equal(good(await records.load(tenant, key)).revision, 0);
  });

  test('one id with another body is refused', async ({ records, key }) => {
    const request = context();
    await records.execute(tenant, key, granting(), request);
    const other = await records.execute(tenant, key, granting(), {
      ...request,
      requestHash: requestHash({ consent: 2 }),
    });
    assert.equal(!other.ok && other.error.code, 'idempotency-key-reused');
  });
});
