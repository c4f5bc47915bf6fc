import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../vault/keyring.ts';
import type { IndexedExport } from './export-index.ts';
import type { ExportAbout } from './request.ts';
import { openChunk, sealChunk } from './sealed-chunk.ts';

/** What is sealed of a request, beside the identifiers: they stand in the export's file. */
export interface SealedRequest {
  readonly about: ExportAbout;
  /** By which a repeated request is told from another one; see `requestHash` in record/commitment.ts. */
  readonly requestHash?: string | undefined;
}

const placeOf = (exportId: string) => ({ exportId, part: 'request', number: 0, isLast: true }) as const;

export const sealRequest = (key: KeyObject, request: SealedRequest): Buffer =>
  sealChunk(key, placeOf(request.about.exportId), Buffer.from(JSON.stringify(request), 'utf8'));

/** Undefined once the export is destroyed. Throws EnvelopeBroken; rejects with VaultUnavailable. */
export const readRequest = async (
  keyring: Pick<Keyring, 'keyOf'>,
  { id, keyId, request }: IndexedExport,
): Promise<SealedRequest | undefined> => {
  const key = request === null ? undefined : await keyring.keyOf(keyId);
  return request === null || key === undefined
    ? undefined
    : (JSON.parse(openChunk(key, placeOf(id), request).toString('utf8')) as SealedRequest);
};
