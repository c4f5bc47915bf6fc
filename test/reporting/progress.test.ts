import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Progress } from '../../src/reporting/progress.ts';

const stages = ['choosing', 'answers', 'patients', 'proofs', 'rendering', 'signing'] as const;

it('only rises, stage after stage, up to the recording of the report', () => {
  const progress = new Progress(0);
  const seen = stages.flatMap((stage) =>
    [0, 0.5, 1].map((share) => {
      progress.tell({ stage, share, patients: 0, total: 7 });
      return progress.view(0).share;
    }),
  );
  progress.issuing();
  const last = progress.view(0);
  assert.deepEqual([last.stage, last.patients], ['issuing', 7]);
  assert.deepEqual(
    [...seen, last.share],
    [...seen, last.share].sort((a, b) => a - b),
  );
  assert.ok(last.share > 0.9 && last.share < 1);
});

it('says how long it may still take by what was done since it was taken up, and nothing at first', () => {
  const progress = new Progress(1_000);
  assert.equal(progress.view(61_000).secondsLeft, undefined);
  progress.tell({ stage: 'rendering', share: 0, patients: 7, total: 7 });
  assert.equal(progress.view(61_000).secondsLeft, undefined);
  progress.tell({ stage: 'rendering', share: 0.5, patients: 7, total: 7 });
  // A quarter of the work took a minute, and 0.32 of it are left.
  assert.equal(progress.view(61_000).secondsLeft, 77);
});
