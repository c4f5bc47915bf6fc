/** A data key, encrypted under an epoch key. */
export interface WrappedKey {
  readonly epoch: number;
  readonly wrapped: Buffer;
}

/** A row of the vault: whom a random id stands for is known by keyed hashes alone. */
export interface VaultEntry extends WrappedKey {
  readonly subject: string;
}

/** Under which epoch a vault takes entries, and by what the key of that epoch is known again. */
export interface EpochFence {
  readonly epoch: number;
  /** Derived from the epoch's key by a one-way function. */
  readonly check: Buffer;
}

/**
 * The only place where anything can be deleted; each adapter passes test/contract/vault.ts. It sees keyed hashes
 * and wrapped keys, never an identifier or a key. Methods reject with VaultUnavailable when it cannot be reached.
 */
export interface Vault {
  /** Who has this keyed hash of an identifier. */
  find(identifier: Buffer): Promise<VaultEntry | undefined>;
  /** The entry of a subject; absent when there never was one or its key is destroyed. */
  get(subject: string): Promise<VaultEntry | undefined>;
  /**
   * Adds an entry, durably; where the identifier is there already (a race was lost) that entry is returned. Rejects
   * with EpochPassed where the fence stands at another epoch than the entry's: so nobody adds under an epoch that is
   * being retired.
   */
  admit(identifier: Buffer, entry: VaultEntry): Promise<VaultEntry>;
  /**
   * Destroys a subject: its wrapped key and every keyed hash that leads to it; whether there was anything left to
   * destroy. When it settles, nothing of them stands in what the adapter itself can overwrite: rows and write-ahead
   * log of SQLite. What PostgreSQL and backups keep dies with the epoch key that wraps it.
   */
  destroy(subject: string): Promise<boolean>;
  /**
   * Keeps the keyed hashes that lead to a subject, apart from it, for when it is destroyed: whoever comes under one of
   * them is known to be denied. Idempotent; without effect once they are gone.
   */
  suppress(subject: string): Promise<void>;
  isSuppressed(identifier: Buffer): Promise<boolean>;
  /** Entries in order of subject, after `after`; for rebuilds and rewrapping. */
  page(after: string | undefined, limit: number): Promise<VaultEntry[]>;
  /**
   * Puts each new wrapping, all of one epoch, in the old one's place where that is still the old epoch's; returns how
   * many it did. Rejects as `admit` does.
   */
  rewrap(entries: readonly VaultEntry[], fromEpoch: number): Promise<number>;
  /** How many entries each epoch still holds. */
  epochs(): Promise<ReadonlyMap<number, number>>;
  /** Where the fence stands; absent in a vault that was never used. */
  fence(): Promise<EpochFence | undefined>;
  /**
   * Moves the fence from epoch `from` to `to`, or sets the first one where `from` is absent. Once it returns, no entry
   * of an older epoch can be added. Returns the fence that stands, which is another's where that one was faster.
   */
  advance(from: number | undefined, to: EpochFence): Promise<EpochFence>;
  close(): Promise<void>;
}

export class VaultUnavailable extends Error {
  readonly code = 'vault-unavailable';
}

/** The vault's fence does not stand at the epoch of what was to be written. */
export class EpochPassed extends VaultUnavailable {
  override readonly name = 'EpochPassed';

  constructor() {
    super('the vault stands at another epoch');
  }
}
