import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { terminatorOf } from '../../src/projections/start-thread.ts';

const threadOf = (source: string): Worker =>
  new Worker(`const { parentPort } = require('node:worker_threads'); ${source}`, { eval: true });

describe('ending a thread', () => {
  it('lets it say its first word, and ends it then in the midst of its work', async () => {
    const worker = threadOf(`
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      parentPort.postMessage('ready');
      for (;;);
    `);
    const words: unknown[] = [];
    worker.on('message', (word) => words.push(word));
    terminatorOf(worker)();
    await once(worker, 'exit');
    assert.deepEqual(words, ['ready']);
  });

  it('waits for nothing where the thread ended by itself', async () => {
    const worker = threadOf('process.exit(3);');
    terminatorOf(worker)();
    assert.deepEqual(await once(worker, 'exit'), [3]);
  });
});
