import { createPublicKey, type KeyObject, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import { sha256 } from './merkle.ts';

/** A name and an Ed25519 key: who signs notes (C2SP signed-note). */
export interface NoteSigner {
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface NoteVerifier {
  readonly name: string;
  /** First 4 bytes of SHA-256(name || LF || 0x01 || public key). */
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
}

/** A note that was taken apart; nothing of it is to be trusted before `verifyNote`. */
export interface SignedNote {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly {
    readonly name: string;
    readonly keyId: Buffer;
    readonly signature: Buffer;
  }[];
}

const ed25519 = 0x01;
const spki = Buffer.from('302a300506032b6570032100', 'hex');

/** The 32 bytes of an Ed25519 public key (RFC 8410 section 4); of a private key, those of its public one. */
const rawKey = (key: KeyObject): Buffer => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(spki.length);
};

const keyIdOf = (name: string, raw: Buffer) =>
  sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), raw])).subarray(0, 4);

/** How a key is named where signatures name it: name+hex key id. */
export const keyName = (name: string, key: KeyObject): string =>
  `${name}+${keyIdOf(name, rawKey(key)).toString('hex')}`;

/** The verifier key as it is published: name+hex key id+base64(0x01 || key) (C2SP signed-note, "vkey"). */
export const verifierKey = (name: string, key: KeyObject): string =>
  `${keyName(name, key)}+${Buffer.concat([Buffer.of(ed25519), rawKey(key)]).toString('base64')}`;

/** Reads a published verifier key; undefined where it is not one, its key id included. */
export const parseVerifierKey = (text: string): NoteVerifier | undefined => {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  if (key.length !== 33 || key[0] !== ed25519) return undefined;
  const raw = key.subarray(1);
  const keyId = keyIdOf(name, raw);
  if (keyId.toString('hex') !== id) return undefined;
  const publicKey = createPublicKey({ key: Buffer.concat([spki, raw]), format: 'der', type: 'spki' });
  return { name, keyId, publicKey };
};

/** Signs a text by each signer, as one note. `text` ends in a newline and holds no empty last line. */
export const signNote = (text: string, signers: readonly NoteSigner[]): string => {
  const lines = signers.map(({ name, privateKey }) => {
    const signature = signBytes(null, Buffer.from(text, 'utf8'), privateKey);
    const keyId = keyIdOf(name, rawKey(privateKey));
    return `\u2014 ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
};

/** Takes a note apart by its form alone; undefined where it has not that form. */
export const parseNote = (note: string): SignedNote | undefined => {
  const gap = note.lastIndexOf('\n\n');
  if (gap < 0 || !note.endsWith('\n') || hasControls(note)) return undefined;
  const lines = note.slice(gap + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const [, name, encoded] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const bytes = Buffer.from(encoded ?? '', 'base64');
    if (name === undefined || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
    return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
  if (signatures.length > 100 || !signatures.every((signature) => signature !== undefined)) return undefined;
  return { text: note.slice(0, gap + 1), signatures };
};

/**
 * The names of the trusted keys that signed the note. Signatures by unknown keys are passed over, as the
 * specification asks; one by a trusted key that does not verify makes the note worthless.
 */
export const verifyNote = (note: SignedNote, trusted: readonly NoteVerifier[]): string[] => {
  const names: string[] = [];
  for (const { name, keyId, signature } of note.signatures) {
    const verifier = trusted.find((key) => key.name === name && key.keyId.equals(keyId));
    if (verifier === undefined) continue;
    if (!verifyBytes(null, Buffer.from(note.text, 'utf8'), verifier.publicKey, signature)) return [];
    names.push(name);
  }
  return names;
};

const hasControls = (text: string) => [...text].some((char) => char < ' ' && char !== '\n');
