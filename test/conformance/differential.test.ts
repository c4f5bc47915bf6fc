import { test } from 'node:test';
import { compareRandomCases } from './compare.ts';

test('S7.6 the ledger and the oracle give the same answer to 2,000 random histories and questions', () => {
  compareRandomCases(2_000);
});
