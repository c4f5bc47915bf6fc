import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseCheckpoint } from '../../src/evidence/checkpoint.ts';
import { EvidenceThread } from '../../src/evidence/client.ts';
import { openEvidence } from '../../src/evidence/evidence.ts';
import type { Evidence } from '../../src/evidence/port.ts';
import { parseNote, parseVerifierKey } from '../../src/evidence/signed-note.ts';
import { faultInEvents, faultInGrowth, trustedCheckpoint } from '../../src/evidence/verify.ts';
import type { EvidencePlaces } from '../../src/evidence-thread.ts';
import { checkpointStream } from '../../src/record/streams.ts';
import type { AppendOutcome, EventStore } from '../../src/store/port.ts';
import { logFile, openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import { good } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { keyOf, recorded } from './story.ts';

const origin = 'ledger.example/hospital';
const entry = new URL('../../src/evidence-thread.ts', import.meta.url);

interface Kit {
  readonly store: SqliteStore;
  /** A node on this log, with evidence of its own. */
  node(name: string, before?: Pick<EventStore, 'append'>): Evidence;
  write(stream: string, revision: number): Promise<void>;
}

const withKit = (run: (kit: Kit) => Promise<void>) =>
  withFolder(async (folder) => {
    const store = await openSqliteStore({ folder, clock: Date.now });
    const threads: EvidenceThread[] = [];
    const node: Kit['node'] = (name, before = store) => {
      const places: EvidencePlaces = { logFile: logFile(folder), modelFile: join(folder, `${name}.db`) };
      const thread = new EvidenceThread({ entry, places });
      threads.push(thread);
      const signers = [{ name: origin, privateKey: keyOf(1) }];
      return openEvidence({ store: before, log: store, thread, origin, signers, uuid: randomUUID });
    };
    const [told] = recorded([{ stream: 'x', type: 'ConsentGranted', data: 'sealed' }]);
    const write: Kit['write'] = async (stream, revision) => {
      const { type, metadata, data } = told!;
      const result = await store.append(stream, [{ id: randomUUID(), type, metadata, data }], revision - 1);
      assert.equal(result.outcome, 'appended');
    };
    try {
      await run({ store, node, write });
    } finally {
      await Promise.all(threads.map((thread) => thread.close()));
      await store.close();
    }
  });

const noteIn = ({ data }: { readonly data: Buffer }): string => JSON.parse(data.toString('utf8')).note;
const checkpointIn = (note: string) => parseCheckpoint(parseNote(note)!.text)!;

describe('checkpoints', () => {
  it('of two nodes that sign at once make one series, each after the other', () =>
    withKit(async ({ store, node, write }) => {
      const nodes = [node('one'), node('two')];
      await write('consents-1', 0);
      for (let round = 1; round <= 5; round += 1) {
        await write('consents-1', round);
        const signed = await Promise.all(nodes.map((one) => one.checkpoint()));
        for (const each of signed) assert.ok(good(each).size > round);
      }
      const notes = store.streamSlice(checkpointStream, 0).map(noteIn);
      assert.ok(notes.length >= 5);
      const series = notes.map(checkpointIn);
      for (const [n, later] of series.slice(1).entries()) assert.ok(later.size > series[n]!.size);
      const [first, last] = [series[0]!, series.at(-1)!];
      for (const one of nodes) {
        const proven = good(await one.proveEvents('consents-1', { from: 0, limit: 99, since: first.size }));
        const checkpoint = trustedCheckpoint(
          proven.checkpoint.note,
          one.verifiers.map((key) => parseVerifierKey(key)!),
        )!;
        assert.ok(checkpoint.size >= last.size);
        assert.equal(faultInEvents(proven.events, proven.head, checkpoint), undefined);
        assert.equal(faultInGrowth(first, checkpoint, proven.consistency!.path), undefined);
        assert.equal(proven.events.length, 6);
      }
    }));

  it('are signed once where the outcome of a write is not known', () =>
    withKit(async ({ store, node, write }) => {
      await write('consents-1', 0);
      let asked = 0;
      const evidence = node('one', {
        append: async (...args): Promise<AppendOutcome> => {
          asked += 1;
          const result = await store.append(...args);
          return asked <= 2 ? { outcome: 'unknown', detail: 'the answer was lost' } : result;
        },
      });
      const signed = good(await evidence.checkpoint());
      assert.equal(asked, 3);
      assert.deepEqual(store.streamSlice(checkpointStream, 0).map(noteIn), [signed.note]);
    }));

  it('that could not be written are not proven under; the next one is', () =>
    withKit(async ({ store, node, write }) => {
      await write('consents-1', 0);
      let full = false;
      const before = {
        append: async (...args: Parameters<EventStore['append']>): Promise<AppendOutcome> =>
          full ? { outcome: 'refused', code: 'store-full', detail: 'full' } : store.append(...args),
      };
      const evidence = node('one', before);
      const kept = good(await evidence.checkpoint());
      await write('consents-1', 1);
      full = true;
      for (const refused of [await evidence.checkpoint(), await evidence.receipt('consents-1', 1)])
        assert.equal(refused.ok ? undefined : refused.error.code, 'store-full');
      assert.equal(good(await evidence.latest()).note, kept.note);
      full = false;
      const proven = good(await evidence.proveEvents('consents-1', { from: 0, limit: 9 }));
      assert.equal(proven.events.length, 2);
      assert.ok(proven.checkpoint.size > kept.size);
    }));

  it('need something that was recorded', () =>
    withKit(async ({ node }) => {
      const evidence = node('one');
      for (const refused of [await evidence.latest(), await evidence.checkpoint()])
        assert.equal(refused.ok ? undefined : refused.error.code, 'not-found');
    }));
});
