import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';

/**
 * The key that wraps the few keys everything hangs on: a file on one machine; PKCS#11 and cloud key services have
 * their place behind the same port. A start calls it a handful of times, whatever the number of patients.
 */
export interface MasterKey {
  /** `context` is authenticated: what was wrapped for one purpose does not unwrap for another. */
  wrap(key: Buffer, context: string): Promise<Buffer>;
  /** Rejects with KeysRefused where it was wrapped under another master key or for another context. */
  unwrap(wrapped: Buffer, context: string): Promise<Buffer>;
}

/** Why the keys cannot be used, in a sentence for the operator. */
export class KeysRefused extends Error {
  override readonly name = 'KeysRefused';
  /** The file or folder that is refused, where it is one. */
  readonly file: string | undefined;

  constructor(message: string, file?: string) {
    super(message);
    this.file = file;
  }
}

export const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;

/** AES-256-GCM key wrapping: nonce, ciphertext, tag. The same form for master and epoch keys. */
export const wrapKey = (wrapping: KeyObject, key: Buffer, context: string): Buffer => {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', wrapping, nonce).setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
};

/** Throws where the wrapping key, the context or a byte differs. */
export const unwrapKey = (wrapping: KeyObject, wrapped: Buffer, context: string): Buffer => {
  const tagAt = wrapped.length - tagLength;
  if (tagAt !== nonceLength + keyLength) throw new KeysRefused('a wrapped key has not the length of one');
  const nonce = wrapped.subarray(0, nonceLength);
  const decipher = createDecipheriv('aes-256-gcm', wrapping, nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(context, 'utf8')).setAuthTag(wrapped.subarray(tagAt));
  return Buffer.concat([decipher.update(wrapped.subarray(nonceLength, tagAt)), decipher.final()]);
};

/** A master key that is held in memory, as the file's is. */
export const masterKeyOf = (bytes: Buffer): MasterKey => {
  const key = createSecretKey(bytes);
  return {
    wrap: async (plain, context) => wrapKey(key, plain, context),
    unwrap: async (wrapped, context) => {
      try {
        return unwrapKey(key, wrapped, context);
      } catch {
        throw new KeysRefused(
          `the master key does not open the ${context}: it is not the one that wrapped it`,
        );
      }
    },
  };
};

/** Opens a master key file: 32 random bytes in base64, readable by its owner alone. Rejects with KeysRefused. */
export const openMasterKeyFile = async (file: string): Promise<MasterKey> => {
  await requirePrivate(file, 'file');
  const text = (await readFile(file, 'utf8')).trim();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== keyLength || bytes.toString('base64') !== text)
    throw new KeysRefused(`${file} does not hold a master key (32 bytes in base64)`);
  return masterKeyOf(bytes);
};

/** Refuses what is not there, is not of its kind, is another user's, or is open to group or others. */
export const requirePrivate = async (path: string, kind: 'file' | 'folder'): Promise<void> => {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new KeysRefused(`${path} is not there; "keys init" makes new keys`, path);
    throw new KeysRefused(`${path} cannot be looked at (${error.code})`, path);
  });
  if (kind === 'file' ? !stat.isFile() : !stat.isDirectory())
    throw new KeysRefused(`${path} is not a ${kind}`, path);
  if (stat.uid !== process.getuid?.()) throw new KeysRefused(`${path} belongs to another user`, path);
  const mode = stat.mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new KeysRefused(
      `${path} is open to others (mode ${mode.toString(8)}): chmod ${kind === 'file' ? '600' : '700'} ${path}`,
      path,
    );
};
