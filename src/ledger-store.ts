import type { Millis } from '../schemas/instant.ts';
import { readCredentials, readSecret } from './config/secret-files.ts';
import type { Config } from './config.ts';
import { openEventStoreDb, type RemoteStore } from './store/eventstoredb.ts';
import type { RemoteConnection } from './store/eventstoredb-client.ts';
import { openSqliteStore, type SqliteStore } from './store/sqlite.ts';

/** Where events are appended, and the local log from which they are read. */
export type LedgerStore = SqliteStore | RemoteStore;

/**
 * Opens the store that is configured; a remote one is open once its replica has caught up,
 * and `onHead` is told where it ends meanwhile.
 *
 * @throws DataFolderError, StoreUnreachable, Error: each a sentence for the operator
 */
export const openLedgerStore = async (
  config: Config,
  clock: () => Millis,
  onHead?: (head: number) => void,
): Promise<LedgerStore> => {
  const { dataFolder: folder, store } = config;
  if (store === 'sqlite') return openSqliteStore({ folder, clock });
  const remote = await openEventStoreDb({ folder, connection: connectionOf(config), clock });
  try {
    await remote.caughtUp(undefined, onHead);
    return remote;
  } catch (error) {
    await remote.close();
    throw error;
  }
};

const connectionOf = ({ eventstoredb }: Config): RemoteConnection => {
  const { connectionStringFile, credentialsFile } = eventstoredb;
  if (connectionStringFile === undefined)
    throw new Error('eventstoredb.connectionStringFile is needed where store is eventstoredb');
  const connectionString = readSecret(connectionStringFile);
  return credentialsFile === undefined
    ? { connectionString }
    : { connectionString, credentials: readCredentials(credentialsFile) };
};
