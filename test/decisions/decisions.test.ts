import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { DecisionsRecorded } from '../../schemas/events/decisions-recorded.ts';
import { entriesRoot } from '../../src/decisions/entries-tree.ts';
import { openEntry } from '../../src/decisions/entry.ts';
import { EnvelopeBroken } from '../../src/record/envelope.ts';
import { decisionStream, settingsStream, tenantSystem } from '../../src/record/streams.ts';
import type { RecordedEvent } from '../../src/store/port.ts';
import { good, granting, revoking, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { asker, type DecisionKit, nodeId, patientOf, question, withDecisions } from './kit.ts';

const ask = async (kit: DecisionKit, value: string, changes = {}) => {
  const asked = await kit.decisions.ask(asker, tenant, patientOf(value), [{ ...question, ...changes }]);
  return good(asked)[0]!;
};

const logged = ({ store }: DecisionKit): RecordedEvent[] => store.streamSlice(decisionStream(nodeId), 0);

const entriesOf = (event: RecordedEvent): DecisionsRecorded['entries'] =>
  (JSON.parse(event.data.toString('utf8')) as DecisionsRecorded).entries;

test('an answer is in the log when it is given, sealed under the patient’s key', () =>
  withFolder((folder) =>
    withDecisions(folder, async (kit) => {
      const key = await kit.grant('A');
      const decision = await ask(kit, 'A');
      assert.equal(decision.answer.items[0]?.decision, 'permit');
      const [event] = logged(kit);
      const [sealed] = entriesOf(event!);
      assert.equal(sealed?.keyId, key.subject);
      const place = { tenant, stream: event!.stream, revision: event!.revision };
      const version = event!.metadata.schemaVersion;
      const entry = openEntry(sealed!, key, place, version);
      assert.deepEqual(entry, { ...decision, agent: asker, question });
      assert.equal(event!.metadata.commitment, entriesRoot([sealed!.commitment]));
      assert.ok(event!.recordedAt > Date.parse(decision.askedAt));
      assert.throws(() => openEntry(sealed!, key, { ...place, revision: 1 }, version), EnvelopeBroken);
      assert.throws(() => openEntry({ ...sealed!, commitment: 'AAAA' }, key, place, version), EnvelopeBroken);
    }),
  ));

test('an unknown patient is denied, and logged under the tenant’s own key without the identifier', () =>
  withFolder((folder) =>
    withDecisions(folder, async (kit) => {
      const decision = await ask(kit, 'nobody-8127');
      assert.equal(decision.answer.items[0]?.decision, 'deny');
      assert.equal(decision.answer.items[0]?.reason, 'unknown-patient');
      assert.equal(await kit.keyring.find(tenant, patientOf('nobody-8127')), undefined);
      const own = await kit.keyring.admit(tenant, { system: tenantSystem, value: tenant });
      const [event] = logged(kit);
      const [sealed] = entriesOf(event!);
      assert.equal(sealed?.keyId, own.subject);
      const place = { tenant, stream: event!.stream, revision: 0 };
      assert.doesNotMatch(
        JSON.stringify(openEntry(sealed!, own, place, event!.metadata.schemaVersion)),
        /nobody-8127/,
      );
      const replay = good(await kit.decisions.replay(tenant, patientOf('nobody-8127'), decision.decisionId));
      assert.ok(replay.same);
    }),
  ));

test('many questions at once share events; each entry is about its own patient', () =>
  withFolder((folder) =>
    withDecisions(folder, async (kit) => {
      const keys = [];
      for (let n = 0; n < 5; n += 1) keys.push(await kit.grant(`P${n}`));
      const decisions = await Promise.all(Array.from({ length: 1_200 }, (_, n) => ask(kit, `P${n % 5}`)));
      assert.equal(new Set(decisions.map(({ decisionId }) => decisionId)).size, 1_200);
      const events = logged(kit);
      const entries = events.flatMap(entriesOf);
      assert.equal(entries.length, 1_200);
      assert.ok(events.length < 100, `${events.length} events`);
      for (const key of keys) assert.equal(entries.filter(({ keyId }) => keyId === key.subject).length, 240);
      for (const event of events) {
        assert.ok(entriesOf(event).length <= 500);
        const commitments = entriesOf(event).map(({ commitment }) => commitment);
        assert.equal(event.metadata.commitment, entriesRoot(commitments));
      }
    }),
  ));

test('each tenant has events of its own', () =>
  withFolder((folder) =>
    withDecisions(folder, async (kit) => {
      const both = [kit.decisions.ask(asker, 'north', patientOf('A'), [question])];
      both.push(kit.decisions.ask(asker, 'south', patientOf('A'), [question]));
      for (const result of await Promise.all(both)) good(result);
      assert.deepEqual(
        logged(kit)
          .map(({ metadata }) => metadata.tenant)
          .sort(),
        ['north', 'south'],
      );
    }),
  ));

test('a revocation holds for the very next question', () =>
  withFolder((folder) =>
    withDecisions(folder, async (kit) => {
      for (let n = 0; n < 20; n += 1) {
        const consentId = randomUUID();
        const key = await kit.grant('A', { consentId });
        assert.equal((await ask(kit, 'A')).answer.items[0]?.decision, 'permit');
        await kit.execute(key, revoking(consentId));
        assert.equal((await ask(kit, 'A')).answer.items[0]?.reason, 'revoked');
      }
    }),
  ));

test('S1.2, S7.6 a replay gives the same answer after later events and under other settings', () =>
  withFolder(async (folder) => {
    const decisionIds: string[] = [];
    await withDecisions(folder, async (kit) => {
      const consentId = randomUUID();
      const key = await kit.grant('A', { consentId });
      decisionIds.push((await ask(kit, 'A')).decisionId);
      decisionIds.push(
        (await ask(kit, 'A', { purpose: { ...question.purpose, code: 'HMARKT' } })).decisionId,
      );
      decisionIds.push((await ask(kit, 'A', { validAt: '2025', knownAt: '2099' })).decisionId);
      await kit.execute(key, revoking(consentId));
    });
    const purpose = { ...question.purpose, code: 'HMARKT' };
    const implicitPolicy = { purposes: [{ purpose, decision: 'permit' as const }], unknownPatients: true };
    await withDecisions(
      folder,
      async (kit) => {
        const now = await ask(kit, 'A', { purpose });
        assert.equal(now.answer.items[0]?.reason, 'implicit-policy');
        for (const decisionId of decisionIds) {
          const replay = good(await kit.decisions.replay(tenant, patientOf('A'), decisionId));
          assert.ok(replay.same, JSON.stringify(replay));
          assert.notEqual(replay.recorded.settings, now.settings);
        }
        const absent = await kit.decisions.replay(tenant, patientOf('A'), randomUUID());
        assert.equal(absent.ok ? '' : absent.error.code, 'not-found');
      },
      { settings: { implicitPolicy, timeZone: 'Europe/Berlin' } },
    );
  }));

test('settings are adopted once, and again when they change', () =>
  withFolder(async (folder) => {
    const adoptions: number[] = [];
    for (const timeZone of ['UTC', 'UTC', 'Europe/Berlin', 'UTC'])
      await withDecisions(
        folder,
        async ({ store }) => {
          adoptions.push(store.streamSlice(settingsStream, 0).length);
        },
        { settings: { timeZone } },
      );
    assert.deepEqual(adoptions, [1, 1, 2, 3]);
  }));

test('the accounting of disclosures is complete, in order and in pages, also across restarts', () =>
  withFolder(async (folder) => {
    const asked: string[] = [];
    await withDecisions(folder, async (kit) => {
      await kit.grant('A');
      await kit.grant('B');
      for (let n = 0; n < 7; n += 1) {
        asked.push((await ask(kit, 'A')).decisionId);
        await ask(kit, 'B');
      }
    });
    await withDecisions(folder, async (kit) => {
      asked.push((await ask(kit, 'A', { action: 'use' })).decisionId);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = good(
          await kit.decisions.disclosures(
            tenant,
            patientOf('A'),
            {},
            { limit: 3, ...(cursor && { cursor }) },
          ),
        );
        seen.push(...page.items.map(({ decisionId }) => decisionId));
        for (const { agent, question } of page.items) {
          assert.deepEqual(agent, asker);
          assert.equal(question.recipient.reference, 'Organization/f001');
        }
        cursor = page.next;
        await ask(kit, 'B');
      } while (cursor !== undefined);
      assert.deepEqual(seen, asked);
      const future = { from: Date.now() + 60_000 };
      const none = good(await kit.decisions.disclosures(tenant, patientOf('A'), future, { limit: 3 }));
      assert.deepEqual(none, { items: [] });
      const past = { until: Date.now() - 3_600_000 };
      assert.equal(
        good(await kit.decisions.disclosures(tenant, patientOf('A'), past, { limit: 3 })).items.length,
        0,
      );
      const stranger = await kit.decisions.disclosures(tenant, patientOf('X'), {}, { limit: 3 });
      assert.equal(stranger.ok ? '' : stranger.error.code, 'patient-unknown');
    });
  }));

test('a question that names a position waits for it, or is told that it is pending', () =>
  withFolder((folder) =>
    withDecisions(
      folder,
      async (kit) => {
        const key = await kit.patient('A');
        const { position } = good(await kit.records.execute(tenant, key, granting(), {}));
        const options = { position: position! };
        const answer = good(await kit.decisions.ask(asker, tenant, patientOf('A'), [question], options));
        assert.equal(answer[0]?.answer.items[0]?.decision, 'permit');
        const later = await kit.decisions.ask(asker, tenant, patientOf('A'), [question], {
          position: '99999',
        });
        assert.equal(later.ok ? '' : later.error.code, 'position-pending');
      },
      { parts: { positionWaitMs: 20 } },
    ),
  ));

test('a question with a lone surrogate is refused, and holds up no other', () =>
  withFolder((folder) =>
    withDecisions(folder, async (kit) => {
      await kit.grant('A');
      await ask(kit, 'A');
      const bad = { ...question, custodian: 'Organization/\ud800' };
      const both = [bad, question].map((one) => kit.decisions.ask(asker, tenant, patientOf('A'), [one]));
      const [refused, given] = await Promise.all(both);
      assert.equal(refused?.ok === false && refused.error.code, 'invalid-request');
      assert.ok(given?.ok);
    }),
  ));
