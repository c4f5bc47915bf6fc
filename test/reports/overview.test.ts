import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { daysOf } from '../../reports/charts.ts';
import { patientEvent } from '../../reports/opened.ts';
import { overviewOf } from '../../reports/overview.ts';
import type { ExportRecord } from '../../schemas/export/package.ts';
import { replay } from '../../src/consent/evolve.ts';
import { standings } from '../../src/consent/standing.ts';
import { exportOf, inputOf } from './kit.ts';

const dayMs = 86_400_000;
const patients = 12;
const overview = await (() => {
  const { records, attachment } = inputOf(() => exportOf(patients));
  return overviewOf(records(), attachment());
})();

/** Each patient's consents, from the records. */
const everyStanding = () => {
  const groups: ExportRecord[][] = [];
  for (const record of exportOf(patients)) {
    if (record.record === 'patient') groups.push([]);
    if (record.record === 'event') groups.at(-1)!.push(record);
  }
  return groups.flatMap((group) =>
    standings(
      replay(
        group
          .filter((record) => record.record === 'event')
          .map(patientEvent)
          .filter((event) => event !== undefined),
      ).consents,
    ),
  );
};

test('the consents in force at the start of a day are those that stand then', () => {
  const all = everyStanding();
  assert.ok(all.length > patients);
  const first = overview.inForce[0]!.day;
  for (let day = first - 5; day < first + 1200; day += 7) {
    const expected = all.filter(({ begins, ends }) => begins <= day * dayMs && day * dayMs < ends).length;
    const shown = overview.inForce.findLast((point) => point.day <= day)?.count ?? 0;
    assert.equal(shown, expected, new Date(day * dayMs).toISOString());
  }
});

test('outcomes are counted by item, closed entries apart', () => {
  const { outcomes, closedDecisions, closedEvents, end } = overview;
  assert.equal(outcomes.permit + outcomes.deny + outcomes.conditional, end.decisions - closedDecisions);
  assert.ok(outcomes.permit > 0 && outcomes.deny > 0);
  assert.equal(closedDecisions, 3);
  assert.equal(closedEvents, 10);
});

test('the fingerprint is that of the attachment', async () => {
  const text = [...exportOf(patients)].map((record) => `${JSON.stringify(record)}\n`).join('');
  assert.deepEqual(overview.attachment, {
    sha256: createHash('sha256').update(text).digest('hex'),
    bytes: Buffer.byteLength(text),
  });
});

test('the chart spans the period, as far as the checkpoint reaches', () => {
  const recorded = '2026-03-01T08:00:00.000Z';
  const day = (date: string) => Date.parse(date) / dayMs;
  const spanOf = (period: { from?: string; until?: string } | undefined) => {
    const { period: _, ...header } = overview.header;
    return daysOf({ ...overview, header: period === undefined ? header : { ...header, period } }, recorded);
  };
  const [from, until] = ['2023-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'];
  assert.deepEqual(spanOf({ from, until }), { from: day('2023-01-01'), until: day('2026-01-01') });
  assert.deepEqual(spanOf({ from }), { from: day('2023-01-01'), until: day('2026-03-01') });
  assert.deepEqual(spanOf({ until: '2030-01-01T00:00:00.000Z' }).until, day('2026-03-01'));
  assert.deepEqual(spanOf(undefined).from, overview.inForce[0]!.day);
  assert.ok(spanOf({ from: '2029-01-01T00:00:00.000Z' }).from < day('2026-03-01'));
});
