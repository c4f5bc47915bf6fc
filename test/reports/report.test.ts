import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IncompleteExport } from '../../reports/overview.ts';
import { exportRecord } from '../../schemas/export/package.ts';
import { exportOf, rendered } from './kit.ts';

test('the records of the tests are records of an export', () => {
  for (const record of exportOf(4)) exportRecord.parse(record);
});

test('the same records give the same bytes', async () => {
  const [first, second] = [await rendered(() => exportOf(5)), await rendered(() => exportOf(5))];
  assert.ok(first.equals(second));
  assert.ok(!first.equals(await rendered(() => exportOf(5, { reason: 'another' }))));
});

test('an export that is cut off is not rendered', async () => {
  const cut = () => exportOf(4).filter(({ record }) => record !== 'end');
  await assert.rejects(rendered(cut), IncompleteExport);
});
