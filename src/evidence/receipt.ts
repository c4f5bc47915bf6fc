import { sign } from 'node:crypto';
import type { ProvenEvent } from '../../schemas/http/evidence.ts';
import { keyName, type NoteSigner } from './signed-note.ts';

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

/**
 * A receipt for a recorded event: a compact JWS (RFC 7515, RFC 8037 EdDSA) whose payload holds the event as its leaf
 * binds it, with its inclusion proof, and the checkpoint that the proof is under.
 */
export const signReceipt = (event: ProvenEvent, note: string, signer: NoteSigner): string =>
  signJws('consent-ledger-receipt+json', { checkpoint: note, event }, signer);

/** A compact JWS over a payload; `type` keeps one kind of statement from being taken for another. */
export const signJws = (type: string, payload: unknown, { name, privateKey }: NoteSigner): string => {
  const header = { alg: 'EdDSA', kid: keyName(name, privateKey), typ: type };
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed, 'utf8'), privateKey).toString('base64url')}`;
};
