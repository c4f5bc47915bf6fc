import type { Millis } from '../../schemas/instant.ts';
import { fail, ok, type Result } from '../../schemas/result.ts';
import type { Algorithm } from './issuer.ts';
import { readKeys, type VerificationKey } from './jwks.ts';

export interface KeySetOptions {
  /** Reads the published JWK set anew; rejects when it cannot be had. */
  readonly read: () => Promise<unknown>;
  readonly algorithms: readonly Algorithm[];
  readonly clock: () => Millis;
  /** How long known keys serve after they were last read. */
  readonly maxAgeMs: number;
  /** From which age on they are read again, behind the answers. */
  readonly refreshMs?: number;
  /** The least time between two attempts to read. */
  readonly cooldownMs?: number;
  readonly onUnavailable?: () => void;
}

/** The keys of one issuer, followed as it rotates them, and kept for a bounded time when it cannot be reached. */
export interface KeySet {
  /**
   * The one key for this algorithm and key id (where there is none: the only one for the algorithm), undefined
   * if there is none; a key that is not known has the set read anew. Fails with `keys-unavailable`.
   */
  find(algorithm: Algorithm, kid: string | undefined): Promise<Result<VerificationKey | undefined>>;
  /** Whether this key is still published, as far as is known, and not too long ago. */
  holds(key: VerificationKey): boolean;
}

const unavailable = fail('keys-unavailable', 'the keys of the issuer cannot be read at present');

export const openKeySet = (options: KeySetOptions): KeySet => {
  const { read, algorithms, clock, maxAgeMs, refreshMs = 300_000, cooldownMs = 10_000 } = options;
  let keys: readonly VerificationKey[] = [];
  let readAt = -Infinity;
  let triedAt = -Infinity;
  let reading: Promise<void> | undefined;

  const readAnew = async () => {
    triedAt = clock();
    try {
      keys = await readKeys(await read(), algorithms);
      readAt = clock();
    } catch {
      options.onUnavailable?.();
    } finally {
      reading = undefined;
    }
  };
  /** Joins the reading that is under way, or begins one unless the last is too recent. */
  const refresh = (): Promise<void> | undefined => {
    if (reading === undefined && clock() - triedAt >= cooldownMs) reading = readAnew();
    return reading;
  };
  const age = () => clock() - readAt;
  const matching = (algorithm: Algorithm, kid: string | undefined) => {
    const candidates = keys.filter(
      (key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid),
    );
    return candidates.length === 1 ? candidates[0] : undefined;
  };

  return {
    async find(algorithm, kid) {
      if (age() > maxAgeMs) await refresh();
      else if (age() > refreshMs) void refresh();
      if (matching(algorithm, kid) === undefined) await refresh();
      return age() > maxAgeMs ? unavailable : ok(matching(algorithm, kid));
    },
    holds(key) {
      if (age() > refreshMs) void refresh();
      return (
        age() <= maxAgeMs &&
        keys.some(({ thumbprint, algorithm }) => thumbprint === key.thumbprint && algorithm === key.algorithm)
      );
    },
  };
};
