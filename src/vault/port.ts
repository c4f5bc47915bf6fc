/** A data key, encrypted under an epoch key. */
export interface WrappedKey {
  readonly epoch: number;
  readonly wrapped: Buffer;
}

/** A row of the vault: whom a random id stands for is known by keyed hashes alone. */
export interface VaultEntry extends WrappedKey {
  readonly subject: string;
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
  /** Adds an entry, durably; where the identifier is there already (a race was lost) that entry is returned. */
  admit(identifier: Buffer, entry: VaultEntry): Promise<VaultEntry>;
  /**
   * Destroys a subject: its wrapped key and every keyed hash that leads to it; whether there was anything left to
   * destroy. When it settles, nothing of them stands in what the adapter itself can overwrite: rows and write-ahead
   * log of SQLite. What PostgreSQL and backups keep dies with the epoch key that wraps it.
   */
  destroy(subject: string): Promise<boolean>;
  /** Entries in order of subject, after `after`; for rebuilds and rewrapping. */
  page(after: string | undefined, limit: number): Promise<VaultEntry[]>;
  /** Puts each new wrapping in the old one's place where that is still the old epoch's; returns how many it did. */
  rewrap(entries: readonly VaultEntry[], fromEpoch: number): Promise<number>;
  /** How many entries each epoch still holds. */
  epochs(): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

export class VaultUnavailable extends Error {
  readonly code = 'vault-unavailable';
}
