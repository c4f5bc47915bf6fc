import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Incoming } from '../../src/verifier/incoming.ts';

const chunk = Buffer.alloc(1 << 16, 'x');

describe('bytes that somebody else writes', () => {
  it('come as they were written, however they are taken', async () => {
    const incoming = new Incoming();
    const written = ['abc', 'd', 'efgh'];
    const writing = (async () => {
      for (const some of written) await incoming.write(Buffer.from(some));
      incoming.end();
    })();
    await incoming.ready(5);
    assert.equal(incoming.take(5).toString(), 'abcde');
    incoming.putBack(2);
    assert.equal(incoming.take(1).toString(), 'd');
    await incoming.ready(100);
    assert.equal((await incoming.takeSome()).toString(), 'efgh');
    assert.equal((await incoming.takeSome()).length, 0);
    await writing;
  });

  it('are written no further once nobody reads on, also where the writer waits for the reader', async () => {
    const incoming = new Incoming();
    let given = 0;
    const writing = (async () => {
      for (;;) {
        await incoming.write(chunk);
        given += 1;
      }
    })();
    const ended = assert.rejects(writing);
    await incoming.ready(1);
    // Until the writer waits: then no turn of the loop brings another chunk.
    for (let before = -1; before !== given; ) {
      before = given;
      await new Promise((resolve) => setImmediate(resolve));
    }
    incoming.close();
    await ended;
    await assert.rejects(incoming.write(chunk));
  });
});
