import { destructionBegun } from '../../schemas/events/destruction-begun.ts';
import type { PatientErased } from '../../schemas/events/patient-erased.ts';
import { suppressionKept } from '../../schemas/events/suppression-kept.ts';
import type { LocalLog } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import { openPlain } from './plain.ts';
import { erasureStream, subjectOfPatientStream } from './streams.ts';

/** How many subjects the vault is asked for at once. */
const together = 64;

/**
 * Destroys in the vault whom the log says to be erased: a vault that was restored from before an erasure has them again,
 * and an erasure may have been interrupted before it reached the vault. One that was interrupted before it had begun
 * the destruction needs the key still, and goes on by itself; its record is closed already. To be done before anything is served; it
 * can be done again at any time. Rejects with VaultUnavailable.
 *
 * @returns how many were there and are destroyed
 */
export const reconcileVault = async (
  log: Pick<LocalLog, 'erasures' | 'slice' | 'streamSlice'>,
  vault: Pick<Vault, 'get' | 'destroy' | 'suppress'>,
): Promise<number> => {
  const closings = new Map(
    log.erasures(0).map(({ index, stream }) => [subjectOfPatientStream(stream) ?? '', index]),
  );
  const erased = [...closings.keys()];
  let destroyed = 0;
  for (let from = 0; from < erased.length; from += together) {
    const standing = await Promise.all(erased.slice(from, from + together).map((one) => vault.get(one)));
    for (const entry of standing) {
      if (entry === undefined) continue;
      const steps = stepsOf(log, closings.get(entry.subject)!);
      if (steps.length > 0 && !steps.includes(destructionBegun.type)) continue;
      if (steps.includes(suppressionKept.type)) await vault.suppress(entry.subject);
      if (await vault.destroy(entry.subject)) destroyed += 1;
    }
  }
  return destroyed;
};

/** The types of what was noted about the request that a stream was closed on; they stand in clear. */
const stepsOf = (log: Pick<LocalLog, 'slice' | 'streamSlice'>, index: number): readonly string[] => {
  const [event] = log.slice(index - 1, 1);
  if (event === undefined) return [];
  const { erasureId } = openPlain(event) as PatientErased; // The registry says that this type has this payload.
  return log.streamSlice(erasureStream(erasureId), 0).map(({ type }) => type);
};
