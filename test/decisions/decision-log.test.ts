import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionStream } from '../../src/record/streams.ts';
import type { AppendOutcome, EventStore } from '../../src/store/port.ts';
import { good, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';
import { asker, type DecisionKit, nodeId, patientOf, question, withDecisions } from './kit.ts';

type Append = EventStore['append'];

/** Lets the first `times` appends to the log of decisions end as `instead` says; the settings are left alone. */
const meddling =
  (times: number, instead: (append: Append, ...args: Parameters<Append>) => Promise<AppendOutcome>) =>
  (store: EventStore): Pick<EventStore, 'append'> => {
    let left = times;
    const append: Append = (...args) => store.append(...args);
    return {
      append: (stream, events, expected) =>
        stream === decisionStream(nodeId) && left-- > 0
          ? instead(append, stream, events, expected)
          : append(stream, events, expected),
    };
  };

const ask = ({ decisions }: DecisionKit) => decisions.ask(asker, tenant, patientOf('A'), [question]);
const loggedEvents = ({ store }: DecisionKit) => store.streamSlice(decisionStream(nodeId), 0);

test('an answer that cannot be logged is not given, and the next one can be', () =>
  withFolder((folder) =>
    withDecisions(
      folder,
      async (kit) => {
        await kit.grant('A');
        const refused = await ask(kit);
        assert.equal(refused.ok ? '' : refused.error.code, 'store-full');
        assert.equal(loggedEvents(kit).length, 0);
        good(await ask(kit));
        assert.equal(loggedEvents(kit).length, 1);
      },
      {
        before: meddling(1, async () => ({ outcome: 'refused', code: 'store-full', detail: 'full' })),
      },
    ),
  ));

test('an acknowledgement that is lost leads to one entry, not two', () =>
  withFolder((folder) =>
    withDecisions(
      folder,
      async (kit) => {
        await kit.grant('A');
        good(await ask(kit));
        good(await ask(kit));
        assert.equal(loggedEvents(kit).length, 2);
      },
      {
        before: meddling(2, async (append, ...args) => {
          await append(...args);
          return { outcome: 'unknown', detail: 'lost' };
        }),
      },
    ),
  ));

test('while it is not known whether an answer was logged it is not given', () =>
  withFolder((folder) =>
    withDecisions(
      folder,
      async (kit) => {
        await kit.grant('A');
        const doubtful = await ask(kit);
        assert.equal(doubtful.ok ? '' : doubtful.error.code, 'outcome-unknown');
        good(await ask(kit));
        assert.equal(loggedEvents(kit).length, 1);
      },
      { before: meddling(6, async () => ({ outcome: 'unknown', detail: 'no answer' })) },
    ),
  ));

test('a store that throws fails the answer, and holds up no later one', () =>
  withFolder((folder) =>
    withDecisions(
      folder,
      async (kit) => {
        await kit.grant('A');
        const failed = await ask(kit);
        assert.equal(failed.ok ? '' : failed.error.code, 'internal');
        good(await ask(kit));
      },
      { before: meddling(1, () => Promise.reject(new Error('broken'))) },
    ),
  ));

test('after a restart the log goes on where it was, and its entries open at their places', () =>
  withFolder(async (folder) => {
    for (const expected of [2, 4])
      await withDecisions(folder, async (kit) => {
        await kit.grant('A');
        for (let n = 0; n < 2; n += 1) good(await ask(kit));
        const page = good(await kit.decisions.disclosures(tenant, patientOf('A'), {}, { limit: 10 }));
        assert.equal(page.items.length, expected);
      });
  }));
