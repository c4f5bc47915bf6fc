import assert from 'node:assert/strict';
import { it } from 'node:test';
import Database from 'better-sqlite3';
import { prepared } from '../../src/projections/prepared.ts';

it('a statement is compiled once for each connection', () => {
  const [one, other] = [new Database(':memory:'), new Database(':memory:')];
  for (const [db, name] of [
    [one, 'one'],
    [other, 'other'],
  ] as const)
    db.exec(`CREATE TABLE t (name TEXT); INSERT INTO t VALUES ('${name}')`);
  const text = 'SELECT name FROM t';
  assert.equal(prepared(one, text), prepared(one, text));
  assert.deepEqual(
    [prepared(one, text).get(), prepared(other, text).get()],
    [{ name: 'one' }, { name: 'other' }],
  );
  assert.notEqual(prepared(one, text), prepared(one, 'SELECT 1'));
  for (const db of [one, other]) db.close();
});
