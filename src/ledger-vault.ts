import { readSecret } from './config/secret-files.ts';
import type { Config } from './config.ts';
import type { Vault } from './vault/port.ts';
import { openPostgresVault, type PostgresPlace } from './vault/postgres.ts';
import { openSqliteVault, vaultFile } from './vault/sqlite.ts';

/** Where the vault is: for this thread, and as a message for those that it starts. */
export type VaultPlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | ({ readonly kind: 'postgres' } & PostgresPlace);

/**
 * The place of the configured vault, with its secrets read from their files.
 *
 * @throws Error, a sentence for the operator, where a file cannot be read
 */
export const vaultPlace = ({
  dataFolder,
  vault: kind,
  postgres,
}: Pick<Config, 'dataFolder' | 'vault' | 'postgres'>): VaultPlace => {
  if (kind === 'sqlite') return { kind, file: vaultFile(dataFolder) };
  const { urlFile, caFile, tls, connections } = postgres;
  if (urlFile === undefined) throw new Error('postgres.urlFile is needed where vault is postgres');
  const ca = caFile === undefined ? {} : { ca: readSecret(caFile) };
  return { kind, url: readSecret(urlFile), tls, connections, ...ca };
};

/** Opens the vault at a place; rejects with VaultUnavailable where it cannot be reached. */
export const openVault = async (place: VaultPlace): Promise<Vault> =>
  place.kind === 'sqlite' ? openSqliteVault(place) : openPostgresVault(place);
