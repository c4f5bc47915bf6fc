import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { newEvent } from '../contract/event-store.ts';

/**
 * The process that store-kill.test.ts kills: eight writers, each writing in turn to a stream of its own and to one
 * that all share. Each acknowledged append is a line on stdout: stream, revision, event id.
 */
const store = await openSqliteStore({ folder: process.argv[2]!, clock: Date.now });
const heads = new Map<string, number>();

const appendAtEnd = async (stream: string): Promise<void> => {
  const event = newEvent('x'.repeat(400), randomUUID());
  for (;;) {
    const outcome = await store.append(stream, [event], heads.get(stream) ?? -1);
    assert.ok(outcome.outcome === 'appended' || outcome.outcome === 'conflict', JSON.stringify(outcome));
    heads.set(stream, Math.max(outcome.revision, heads.get(stream) ?? -1));
    if (outcome.outcome === 'conflict') continue;
    writeSync(1, `${stream} ${outcome.revision} ${event.id}\n`);
    return;
  }
};

/** As one who was killed before the answer came: the last event, again, at the revision it was meant for. */
const retryLast = async (stream: string): Promise<void> => {
  const probe = await store.append(stream, [newEvent()], Number.MAX_SAFE_INTEGER);
  assert.ok(probe.outcome === 'conflict');
  const [last] = store.streamSlice(stream, probe.revision);
  if (last === undefined) return;
  const { revision, position, recordedAt } = last;
  const outcome = await store.append(stream, [last], revision - 1);
  assert.deepEqual(outcome, { outcome: 'appended', revision, position, recordedAt });
};

for (let writer = 0; writer < 8; writer++) {
  const own = `writer-${writer}`;
  const write = async (): Promise<void> => {
    await retryLast(own);
    for (;;) {
      await appendAtEnd(own);
      await appendAtEnd('shared');
    }
  };
  void write();
}
