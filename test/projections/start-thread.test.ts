import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { terminatorOf } from '../../src/projections/start-thread.ts';

it('a thread is let say its first word, and is ended then in the midst of its work', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
     parentPort.postMessage('ready');
     for (;;);`,
    { eval: true },
  );
  const words: unknown[] = [];
  worker.on('message', (word) => words.push(word));
  terminatorOf(worker)();
  await once(worker, 'exit');
  assert.deepEqual(words, ['ready']);
});
