import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ModelFile, type ModelKind } from '../../src/projections/model-file.ts';
import { withFolder } from '../vault/kit.ts';

const kind: ModelKind = {
  name: 'kind',
  version: 1,
  schema: `
    CREATE TABLE IF NOT EXISTS row (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS other (name TEXT PRIMARY KEY) STRICT;
  `,
};

describe('a file of a read model that is built', () => {
  it('takes all rows of another, those beside gaps and beyond one piece too', () =>
    withFolder(async (folder) => {
      const [one, part] = ['one', 'part'].map((name) => new ModelFile(join(folder, name), kind, 'building'));
      const rows = Array.from({ length: 5_000 }, (_, n) => ({ name: `part-${n}`, value: n }));
      const add = (file: ModelFile | undefined, name: string, value: number) =>
        file!.db.prepare('INSERT INTO row VALUES (?, ?)').run(name, value);
      add(one, 'own', -1);
      part!.db.exec('BEGIN');
      for (const { name, value } of rows) add(part, name, value);
      part!.db.exec('DELETE FROM row WHERE value BETWEEN 100 AND 2500; COMMIT');
      part!.close();

      one!.addAll(join(folder, 'part'), ['row', 'other']);

      const left = rows.filter(({ value }) => value < 100 || value > 2_500);
      const all = one!.db.prepare('SELECT name, value FROM row ORDER BY value').all();
      assert.deepEqual(all, [{ name: 'own', value: -1 }, ...left]);
      one!.close();
    }));
});
