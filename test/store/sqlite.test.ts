import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { eventStoreContract } from '../contract/event-store.ts';

eventStoreContract('embedded SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-store-'));
  const store = await openSqliteStore({ folder, clock: Date.now });
  return {
    store,
    cleanup: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
