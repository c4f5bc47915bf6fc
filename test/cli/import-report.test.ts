import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ImportReport, outcomes, type ReportLine, reportText } from '../../src/cli/import/report.ts';
import { choices } from '../fhir/kit.ts';

const report = (changes: Partial<ImportReport> = {}): ImportReport => ({
  tenant: 't',
  choices: choices(),
  read: 0,
  counts: {
    ...(Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as ImportReport['counts']),
    ...changes.counts,
  },
  blocking: 0,
  others: {},
  interrupted: false,
  lines: [],
  ...changes,
});
const unreadable = (n: number, changes: Partial<ReportLine> = {}): ReportLine => ({
  origin: `in.ndjson:${n}`,
  outcome: 'unreadable',
  path: 'Consent.provision.type',
  reason: 'ambiguous',
  blocks: true,
  ...changes,
});
const several = (count: number, changes: Partial<ReportLine> = {}) =>
  Array.from({ length: count }, (_, n) => unreadable(n, changes));

test('what is none is left out, but for the consents that were read', () => {
  assert.match(reportText(report()), /^consents read +0\n$/);
  const { counts } = report();
  const text = reportText(report({ read: 3, counts: { ...counts, granted: 2, left: 1 } }));
  assert.deepEqual(
    text.split('\n').map((line) => line.replace(/ +/g, ' ')),
    ['consents read 3', 'granted 2', 'left 1', ''],
  );
});

test('up to five of one reason stand for themselves, more stand as one', () => {
  assert.equal(reportText(report({ lines: several(5) })).match(/in\.ndjson/g)?.length, 5);
  const text = reportText(report({ lines: [...several(6), unreadable(9, { reason: 'other' })] }));
  assert.match(
    text,
    /^unreadable {2}in\.ndjson:0, and 5 more for the same reason\n +Consent\.provision\.type: ambiguous\n +block their patients$/m,
  );
  assert.match(
    text,
    /^unreadable {2}in\.ndjson:9\n +Consent\.provision\.type: other\n +blocks its patient$/m,
  );
});

test('a path stands with many only where it is that of all; who does not block does not stand with who does', () => {
  const paths = [...several(6), unreadable(9, { path: 'Consent.period' })];
  assert.match(reportText(report({ lines: paths })), /and 6 more.*\n +ambiguous\n/);
  const { blocks: _, ...free } = unreadable(7);
  assert.match(
    reportText(report({ lines: [...several(6), free] })),
    /^unreadable {2}in\.ndjson:7\n.*ambiguous$/m,
  );
});

test('what is not shown is counted', () => {
  const lines = [
    ...Array.from({ length: 20 }, (_, n) => unreadable(n, { reason: `reason ${n}` })),
    ...several(7),
    unreadable(9, { reason: 'last' }),
  ];
  assert.match(reportText(report({ lines })), /^\.\.\. and 8 more; --report FILE has them all$/m);
});
