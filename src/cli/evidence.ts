import type { Millis } from '../../schemas/instant.ts';
import type { Evidence } from '../evidence/port.ts';
import { verifierKey } from '../evidence/signed-note.ts';
import { claimFolder } from '../store/folder.ts';
import { openSigningKeys, rotateSigningKeys, type SigningKey } from '../vault/signing-keys.ts';
import type { KeyPlaces } from './keys.ts';

/** `consent-ledger checkpoint`: has a checkpoint signed and gives its note. */
export const checkpointCommand = async (evidence: Pick<Evidence, 'checkpoint'>): Promise<string> => {
  const signed = await evidence.checkpoint();
  if (!signed.ok) throw new Error(signed.error.detail);
  return signed.value.note.trimEnd();
};

const linesOf = (origin: string, keys: readonly SigningKey[]): string[] =>
  keys.map(({ createdAt, publicKey, privateKey }) => {
    const state = privateKey === undefined ? 'retired' : 'signs';
    return `${verifierKey(origin, publicKey)}  since ${createdAt}  ${state}`;
  });

/** `consent-ledger keys verifiers`: the keys by which others check what this ledger signed, oldest first. */
export const verifiersCommand = async (
  { keysFolder }: KeyPlaces,
  origin: string,
  now: Millis,
): Promise<string> => linesOf(origin, await openSigningKeys(keysFolder, now)).join('\n');

/** `consent-ledger keys rotate-signing`. Rejects with DataFolderError while a server runs on the folder. */
export const rotateSigningCommand = async (
  { dataFolder, keysFolder }: KeyPlaces,
  origin: string,
  now: Millis,
): Promise<string> => {
  const claim = claimFolder(dataFolder);
  try {
    const lines = linesOf(origin, await rotateSigningKeys(keysFolder, now));
    return ['The last two sign from now on. Publish the new one before the next rotation.', ...lines].join(
      '\n',
    );
  } finally {
    claim.release();
  }
};
