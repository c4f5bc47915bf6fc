import { verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Integer, Sequence } from 'asn1js';
import { KeysRefused } from '../vault/master-key.ts';
import { nameOf } from './certificates.ts';
import { derOf, sha256 } from './cms.ts';
import { readAnchors, readCertificates, requireSecret } from './key-file.ts';
import type { DocumentSigner } from './signer.ts';

/** Where a key is that never leaves its token (PKCS #11), and where its certificates are. */
export interface Pkcs11Places {
  /** The token's library, as a shared object. */
  readonly module: string;
  readonly tokenLabel: string;
  readonly keyLabel: string;
  /** The user's PIN, in a file that its owner alone can read. */
  readonly pinFile: string;
  /** As in `KeyFilePlaces`. */
  readonly certificatesFile: string;
  readonly anchorsFile?: string | undefined;
}

/** What is used of the package pkcs11js: functions of PKCS #11 v2.40, section 5. */
interface Cryptoki {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_GetSlotList(withToken: true): Buffer[];
  C_GetTokenInfo(slot: Buffer): { readonly label: string };
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_CloseSession(session: Buffer): void;
  C_Login(session: Buffer, user: number, pin: string): void;
  C_FindObjectsInit(session: Buffer, template: readonly { type: number; value: number | string }[]): void;
  C_FindObjects(session: Buffer, most: number): Buffer[];
  C_FindObjectsFinal(session: Buffer): void;
  C_SignInit(session: Buffer, mechanism: { readonly mechanism: number }, key: Buffer): void;
  C_SignAsync(session: Buffer, data: Buffer, room: Buffer): Promise<Buffer>;
}

/** Constants of PKCS #11 v2.40, Appendix B. */
/** Several threads may call the library at once. */
const osLocking = 0x02;
const serialSession = 0x04;
const user = 1;
const attribute = { class: 0x00, label: 0x03 } as const;
const privateKeyClass = 3;
const mechanism = { sha256RsaPkcs: 0x40, ecdsa: 0x1041 } as const;
const alreadyInitialized = 0x191;
const alreadyLoggedIn = 0x100;
const longestSignature = 1024;

/** Where a session finds the key, and how it signs. */
interface TokenKey {
  readonly cryptoki: Cryptoki;
  readonly places: Pkcs11Places;
  readonly pin: string;
}

/**
 * Opens a signer whose key lies in a token, and has it sign once, so that a start tells what a report would. Rejects
 * with KeysRefused, in a sentence for the operator.
 */
export const openPkcs11Signer = async (places: Pkcs11Places): Promise<DocumentSigner> => {
  const { keyLabel, pinFile, certificatesFile, anchorsFile } = places;
  const certificates = await readCertificates(certificatesFile);
  const anchors = await readAnchors(anchorsFile);
  await requireSecret(pinFile, 'the PIN of a token');
  const pin = (await readFile(pinFile, 'utf8')).trimEnd();
  const tokenKey = { cryptoki: await load(places.module), places, pin };
  const { publicKey } = certificates[0];
  const sign = publicKey.asymmetricKeyType === 'ec' ? signEcdsa(tokenKey) : signRsa(tokenKey);
  const trial = Buffer.from('trial');
  const signature = await sign(trial).catch((error: Error) => {
    throw new KeysRefused(`the key ${keyLabel} in a token does not sign: ${error.message}`);
  });
  if (!verify('sha256', trial, publicKey, signature))
    throw new KeysRefused(`the key ${keyLabel} in a token is not that of ${nameOf(certificates[0])}`);
  return { certificates, sign, ...(anchors !== undefined && { anchors }) };
};

/** Hazard: libraries of tokens are not to be loaded twice into a process; each is loaded once and stays. */
const loaded = new Map<string, Cryptoki>();

const load = async (module: string): Promise<Cryptoki> => {
  const before = loaded.get(module);
  if (before !== undefined) return before;
  const cryptoki = await newCryptoki();
  try {
    cryptoki.load(module);
    tolerating(alreadyInitialized, () => cryptoki.C_Initialize({ flags: osLocking }));
  } catch (error) {
    throw new KeysRefused(
      `${module} is not loaded as a PKCS #11 module: ${(error as Error).message}`,
      module,
    );
  }
  loaded.set(module, cryptoki);
  return cryptoki;
};

/** The package is optional, as it is compiled where it is installed: its name is not an import to resolve. */
const newCryptoki = async (): Promise<Cryptoki> => {
  const name = 'pkcs11js';
  try {
    const { default: pkcs11 } = (await import(name)) as {
      readonly default: { readonly PKCS11: new () => Cryptoki };
    };
    return new pkcs11.PKCS11();
  } catch {
    throw new KeysRefused(`the package ${name} is not there: installing it needs a C++ compiler and Python`);
  }
};

const tolerating = (code: number, call: () => void): void => {
  try {
    call();
  } catch (error) {
    if ((error as { readonly code?: number }).code !== code) throw error;
  }
};

const signRsa = (tokenKey: TokenKey) => (bytes: Buffer) =>
  signInSession(tokenKey, mechanism.sha256RsaPkcs, bytes);

/** A token gives r and s, each as long as the other (PKCS #11 v2.40, 2.3.1); CMS wants them in DER (RFC 3279). */
const signEcdsa =
  (tokenKey: TokenKey) =>
  async (bytes: Buffer): Promise<Buffer> => {
    const pair = await signInSession(tokenKey, mechanism.ecdsa, sha256(bytes));
    const half = pair.length / 2;
    const value = [pair.subarray(0, half), pair.subarray(half)].map((number) =>
      Integer.fromBigInt(BigInt(`0x${number.toString('hex')}`)),
    );
    return derOf(new Sequence({ value }));
  };

/** One session a signature: a token that was taken out and put back is found again. */
const signInSession = async (
  { cryptoki, places, pin }: TokenKey,
  mechanismType: number,
  bytes: Buffer,
): Promise<Buffer> => {
  const { tokenLabel, keyLabel } = places;
  const slots = cryptoki.C_GetSlotList(true);
  const slot = slots.find((one) => cryptoki.C_GetTokenInfo(one).label.trim() === tokenLabel);
  if (slot === undefined) throw new Error(`there is no token ${tokenLabel}`);
  const session = cryptoki.C_OpenSession(slot, serialSession);
  try {
    tolerating(alreadyLoggedIn, () => cryptoki.C_Login(session, user, pin));
    cryptoki.C_SignInit(session, { mechanism: mechanismType }, keyIn(cryptoki, session, keyLabel));
    return await cryptoki.C_SignAsync(session, bytes, Buffer.alloc(longestSignature));
  } finally {
    cryptoki.C_CloseSession(session);
  }
};

const keyIn = (cryptoki: Cryptoki, session: Buffer, label: string): Buffer => {
  const template = [
    { type: attribute.class, value: privateKeyClass },
    { type: attribute.label, value: label },
  ];
  cryptoki.C_FindObjectsInit(session, template);
  const [key, another] = cryptoki.C_FindObjects(session, 2);
  cryptoki.C_FindObjectsFinal(session);
  if (key === undefined || another !== undefined)
    throw new Error(`it has ${key === undefined ? 'no private key' : 'several private keys'} ${label}`);
  return key;
};
