import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { loadConfig } from '../src/config.ts';
import { vaultPlace } from '../src/ledger-vault.ts';
import { withFolder } from './vault/kit.ts';

const placeOf = (environment: Record<string, string>) => {
  const loaded = loadConfig(undefined, environment);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return vaultPlace(loaded.config);
};

it('the vault is in the data folder unless it is configured elsewhere', () =>
  withFolder(async (folder) => {
    const inFolder = { CONSENT_LEDGER_DATA_FOLDER: folder };
    assert.deepEqual(placeOf(inFolder), { kind: 'sqlite', file: join(folder, 'vault', 'vault.db') });
    const [urlFile, caFile] = [join(folder, 'url'), join(folder, 'ca')];
    const remote = {
      ...inFolder,
      CONSENT_LEDGER_VAULT: 'postgres',
      CONSENT_LEDGER_POSTGRES_URL_FILE: urlFile,
      CONSENT_LEDGER_POSTGRES_CA_FILE: caFile,
    };
    await writeFile(urlFile, 'postgresql://user:password@host:5432/vault\n');
    assert.throws(() => placeOf(remote), { message: `${caFile} cannot be read (ENOENT)` });
    await writeFile(caFile, 'certificate\n');
    assert.deepEqual(placeOf(remote), {
      kind: 'postgres',
      url: 'postgresql://user:password@host:5432/vault',
      tls: 'verify',
      ca: 'certificate',
      connections: 8,
    });
  }));
