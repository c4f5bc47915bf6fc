import { sign } from 'node:crypto';
import type { ProvenEvent } from '../../schemas/http/evidence.ts';
import { keyName, type NoteSigner } from './signed-note.ts';

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

/**
 * A receipt for a recorded event: a compact JWS (RFC 7515, RFC 8037 EdDSA) whose payload holds the event as its leaf
 * binds it, with its inclusion proof, and the checkpoint that the proof is under.
 */
export const signReceipt = (event: ProvenEvent, note: string, { name, privateKey }: NoteSigner): string => {
  const header = { alg: 'EdDSA', kid: keyName(name, privateKey), typ: 'consent-ledger-receipt+json' };
  const signed = `${base64url(header)}.${base64url({ checkpoint: note, event })}`;
  return `${signed}.${sign(null, Buffer.from(signed, 'utf8'), privateKey).toString('base64url')}`;
};
