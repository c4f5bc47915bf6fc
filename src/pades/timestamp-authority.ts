import type { X509Certificate } from 'node:crypto';
import { fromBER, type Integer, Null, OctetString } from 'asn1js';
import { AlgorithmIdentifier, MessageImprint, PKIStatusInfo, TimeStampReq } from 'pkijs';
import type { Millis } from '../../schemas/instant.ts';
import { bytesOf, childrenOf, derOf, oid, sha256 } from './cms.ts';
import { type Checked, wrong } from './problem.ts';
import { randomInteger } from './random.ts';
import type { TimestampAuthority } from './seal.ts';
import { checkTimestamp } from './timestamp.ts';

export interface TimestampAuthorityPlace {
  /** http or https: the token is signed, and the request holds nothing but a hash. */
  readonly url: string;
  /** Certificates that the authority's must lead to. */
  readonly trusted: readonly X509Certificate[];
  readonly timeoutMs: Millis;
}

/** RFC 3161, 2.4.2: granted, or granted with changes to what was asked. */
const granted: ReadonlySet<number> = new Set([0, 1]);
const longestReply = 1 << 18;

const unavailable = (why: string) =>
  wrong('timestamp-unavailable', `The timestamp authority ${why}; ask again later.`);

/** A timestamp authority over HTTP (RFC 3161, 3.4). What it answers is checked before it is used. */
export const openTimestampAuthority = (place: TimestampAuthorityPlace): TimestampAuthority => ({
  stamp: async (signature, signal) => {
    const nonce = randomInteger();
    const reply = await ask(place, requestFor(signature, nonce), signal);
    if (!reply.ok) return reply;
    const token = tokenIn(reply.value);
    if (token === undefined) return unavailable('refused');
    const stamp = checkTimestamp(token, signature, place.trusted);
    if (!stamp.ok) return stamp;
    const { time, trust, nonce: answered } = stamp.value;
    if (answered?.equals(derOf(nonce)) !== true)
      return wrong('timestamp-invalid', 'The timestamp does not answer this request.');
    if (!trust.ok) return wrong('timestamp-invalid', `The timestamp is not trusted: ${trust.problem.detail}`);
    return { ok: true, value: { token, time } };
  },
});

const requestFor = (signature: Buffer, nonce: Integer): ArrayBuffer => {
  const hashAlgorithm = new AlgorithmIdentifier({ algorithmId: oid.sha256, algorithmParams: new Null() });
  const hashedMessage = new OctetString({ valueHex: Uint8Array.from(sha256(signature)).buffer });
  const messageImprint = new MessageImprint({ hashAlgorithm, hashedMessage });
  return new TimeStampReq({ version: 1, messageImprint, nonce, certReq: true }).toSchema().toBER();
};

const ask = async (
  { url, timeoutMs }: TimestampAuthorityPlace,
  body: ArrayBuffer,
  aborted: AbortSignal | undefined,
): Promise<Checked<Buffer>> => {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = aborted === undefined ? timeout : AbortSignal.any([timeout, aborted]);
  try {
    const headers = { 'content-type': 'application/timestamp-query' };
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    const isReply = response.headers.get('content-type')?.startsWith('application/timestamp-reply');
    if (!response.ok || isReply !== true) return unavailable(`answers with status ${response.status}`);
    return { ok: true, value: await bodyOf(response) };
  } catch {
    aborted?.throwIfAborted();
    return unavailable(timeout.aborted ? 'does not answer in time' : 'cannot be reached');
  }
};

const bodyOf = async (response: Response): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestReply) throw new RangeError('the reply is too long');
  }
  return Buffer.concat(chunks);
};

/** The token of a reply, byte for byte; undefined where none was granted. */
const tokenIn = (reply: Buffer): Buffer | undefined => {
  try {
    const [status, token] = childrenOf(fromBER(reply).result);
    if (token === undefined || !granted.has(new PKIStatusInfo({ schema: status }).status)) return undefined;
    return bytesOf(token);
  } catch {
    return undefined;
  }
};
