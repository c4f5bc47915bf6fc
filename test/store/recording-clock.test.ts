import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingClock } from '../../src/store/recording-clock.ts';

describe('RecordingClock', () => {
  it('S1.3 stamps never fall, whatever the clock does, nor over a restart', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 })), fc.option(fc.nat(500)), (times, last) => {
        let now = 0;
        const clock = new RecordingClock(() => now, last ?? undefined);
        let previous = last ?? Number.NEGATIVE_INFINITY;
        for (now of times) {
          const stamp = clock.stamp();
          assert.ok(stamp >= previous && stamp >= now);
          previous = stamp;
        }
      }),
    );
  });

  it('S1.3 whatever is stamped later lies after every now that was given out', () => {
    const step = fc.record({ clock: fc.nat(300), ask: fc.boolean(), stream: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let now = 0;
        const clock = new RecordingClock(() => now, undefined);
        const recorded = new Map<number, number>();
        let latestNow = Number.NEGATIVE_INFINITY;
        for (const { clock: time, ask, stream } of steps) {
          now = time;
          if (ask) {
            const given = clock.settledNow(recorded.get(stream));
            assert.ok(given >= now && given >= (recorded.get(stream) ?? 0));
            latestNow = Math.max(latestNow, given);
          } else {
            const stamp = clock.stamp();
            assert.ok(stamp > latestNow);
            recorded.set(stream, stamp);
          }
        }
      }),
    );
  });

  it('asks for a pause once the stamps run ahead, and then gains no more on the clock', () => {
    let now = 1000;
    const clock = new RecordingClock(() => now, undefined);
    let lead = 0;
    for (let batch = 0; batch < 500; batch++) {
      now += clock.pause();
      const stamp = clock.stamp();
      lead = stamp - now;
      clock.settledNow(stamp);
    }
    assert.ok(lead > 45 && lead <= 51, `${lead} ms ahead`);
  });

  it('asks for no more than a millisecond a batch when the clock was set back by an hour', () => {
    let now = 3_600_000;
    const clock = new RecordingClock(() => now, undefined);
    clock.stamp();
    now = 0;
    assert.equal(clock.pause(), 1);
    assert.equal(clock.stamp(), 3_600_000);
  });
});
