import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { readCredentials, readSecret } from '../../src/config/secret-files.ts';
import { withFolder } from '../vault/kit.ts';

it('a secret is what its file holds, without the line break at its end', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'secret');
    await writeFile(file, 'admin:pass:word\n');
    assert.equal(readSecret(file), 'admin:pass:word');
    assert.deepEqual(readCredentials(file), { username: 'admin', password: 'pass:word' });
  }));

it('a file that is missing, empty or of another form is named, and what it holds is not', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'secret');
    assert.throws(() => readSecret(file), { message: `${file} cannot be read (ENOENT)` });
    await writeFile(file, '\n');
    assert.throws(() => readSecret(file), { message: `${file} is empty` });
    for (const text of ['canary', ':canary', 'canary:', 'a:canary\nb']) {
      await writeFile(file, text);
      assert.throws(() => readCredentials(file), { message: `${file} does not hold username:password` });
    }
  }));
