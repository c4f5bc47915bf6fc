import type { LocalLog } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import { subjectOfPatientStream } from './streams.ts';

/** How many subjects the vault is asked for at once. */
const together = 64;

/**
 * Destroys in the vault whom the log says to be erased: a vault that was restored from before an erasure has them again,
 * and an erasure may have been interrupted before it reached the vault. To be done before anything is served; it
 * can be done again at any time. Rejects with VaultUnavailable.
 *
 * @returns how many were there and are destroyed
 */
export const reconcileVault = async (
  log: Pick<LocalLog, 'erasures'>,
  vault: Pick<Vault, 'get' | 'destroy'>,
): Promise<number> => {
  const erased = log.erasures(0).flatMap(({ stream }) => subjectOfPatientStream(stream) ?? []);
  let destroyed = 0;
  for (let from = 0; from < erased.length; from += together) {
    const standing = await Promise.all(erased.slice(from, from + together).map((one) => vault.get(one)));
    for (const entry of standing) {
      if (entry !== undefined && (await vault.destroy(entry.subject))) destroyed += 1;
    }
  }
  return destroyed;
};
