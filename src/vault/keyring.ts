import type { KeyObject } from 'node:crypto';
import type { Identifier } from '../../schemas/coding.ts';
import { EpochUnknown } from './epoch-keys.ts';
import { meetFence } from './fence.ts';
import type { KeyStore } from './keystore.ts';
import { AgingCache, LruCache } from './lru.ts';
import { EpochPassed, type Vault, type VaultEntry } from './port.ts';

/** A random id and the key that seals all that is recorded about whom it stands for. */
export interface SubjectKey {
  readonly subject: string;
  readonly key: KeyObject;
}

/**
 * Who a subject is, and its key. All methods that return a promise reject with VaultUnavailable when the vault
 * cannot be reached and with KeysRefused when a key does not open; the others only look into the cache.
 */
export interface Keyring {
  /** The subject of an identifier; absent where nothing was ever recorded under it, or it was erased. */
  find(tenant: string, identifier: Identifier): Promise<SubjectKey | undefined>;
  peek(tenant: string, identifier: Identifier): SubjectKey | undefined;
  /** As `find`; where there is none, a new subject with a new key, durably in the vault. */
  admit(tenant: string, identifier: Identifier): Promise<SubjectKey>;
  keyOf(subject: string): Promise<KeyObject | undefined>;
  peekKey(subject: string): KeyObject | undefined;
  /** Whether a keyed hash of this identifier was kept when its subject was erased. */
  isSuppressed(tenant: string, identifier: Identifier): Promise<boolean>;
  /**
   * To be called when a subject's stream is closed: nothing of it stays in the caches or comes into them again, and
   * no identifier is found to stand for it any more. `admit` gives it until the vault has destroyed it.
   */
  forget(subject: string): void;
}

/** A look-up that was under way when its subject was forgotten ends long before so many others are. */
const rememberedForgotten = 10_000;

export interface KeyringOptions {
  readonly vault: Vault;
  readonly keyStore: KeyStore;
  readonly uuid: () => string;
  /** How many subjects the caches hold; each key is made once, since that costs more than using it. */
  readonly cacheSize?: number;
  /** Milliseconds for which a cached key is used before the vault is asked again. */
  readonly maxAgeMs?: number;
  /** Milliseconds by a clock that nobody sets. */
  readonly monotonicNow?: () => number;
}

export const openKeyring = ({
  vault,
  keyStore,
  uuid,
  cacheSize = 100_000,
  maxAgeMs = 600_000,
  monotonicNow = () => performance.now(),
}: KeyringOptions): Keyring => {
  const keys = new AgingCache<KeyObject>(cacheSize, maxAgeMs, monotonicNow);
  const subjects = new AgingCache<SubjectKey>(cacheSize, maxAgeMs, monotonicNow);
  const forgotten = new LruCache<true>(rememberedForgotten);

  const openKey = (entry: VaultEntry): KeyObject => {
    const key = keys.get(entry.subject) ?? keyStore.dataKey(entry);
    if (!forgotten.has(entry.subject)) keys.set(entry.subject, key);
    return key;
  };
  const keep = (name: string, entry: VaultEntry): SubjectKey => {
    const subjectKey = { subject: entry.subject, key: openKey(entry) };
    if (!forgotten.has(entry.subject)) subjects.set(name, subjectKey);
    return subjectKey;
  };
  /** Opens what is read; where its epoch is not here, others may have rewrapped it or made the epoch meanwhile. */
  const opened = async <T>(
    read: () => Promise<VaultEntry | undefined>,
    open: (entry: VaultEntry) => T,
  ): Promise<T | undefined> => {
    const entry = await read();
    try {
      return entry && open(entry);
    } catch (error) {
      if (!(error instanceof EpochUnknown)) throw error;
      await keyStore.epochs.reload();
      const again = await read();
      return again && open(again);
    }
  };
  const find = async (tenant: string, identifier: Identifier): Promise<SubjectKey | undefined> => {
    const name = nameOf(tenant, identifier);
    const cached = subjects.get(name);
    if (cached !== undefined) return cached;
    const hash = keyStore.identifierHash(tenant, identifier);
    return opened(
      () => vault.find(hash),
      (entry) => (forgotten.has(entry.subject) ? undefined : keep(name, entry)),
    );
  };
  const admitNew = async (hash: Buffer): Promise<VaultEntry> => {
    const subject = uuid();
    try {
      return await vault.admit(hash, keyStore.newEntry(subject));
    } catch (error) {
      if (!(error instanceof EpochPassed)) throw error;
      await meetFence(vault, keyStore);
      return vault.admit(hash, keyStore.newEntry(subject));
    }
  };

  return {
    find,
    peek: (tenant, identifier) => subjects.get(nameOf(tenant, identifier)),
    admit: async (tenant, identifier) => {
      const known = await find(tenant, identifier);
      if (known !== undefined) return known;
      const entry = await admitNew(keyStore.identifierHash(tenant, identifier));
      const kept = await opened(
        async () => entry,
        (standing) => keep(nameOf(tenant, identifier), standing),
      );
      return kept!;
    },
    keyOf: async (subject) => {
      const cached = keys.get(subject);
      if (cached !== undefined) return cached;
      return opened(() => vault.get(subject), openKey);
    },
    peekKey: (subject) => keys.get(subject),
    isSuppressed: (tenant, identifier) => vault.isSuppressed(keyStore.identifierHash(tenant, identifier)),
    forget: (subject) => {
      forgotten.set(subject, true);
      keys.delete(subject);
      subjects.drop((one) => one.subject === subject);
    },
  };
};

/** The lengths keep apart what the mere sequence would run together. */
const nameOf = (tenant: string, { system, value }: Identifier): string =>
  `${tenant.length}:${system.length}:${tenant}${system}${value}`;
