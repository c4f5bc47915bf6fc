import assert from 'node:assert/strict';
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import { after, describe, it } from 'node:test';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { openTokens } from '../../src/access/tokens.ts';
import { audience, fileIssuer, goodClaims, issuerName, makeKey } from './issuer-kit.ts';

const now = Date.parse('2026-03-01T08:00:00Z');
const seconds = now / 1000;

const ed = await makeKey('ed-1');
const ed2 = await makeKey('ed-2');
const ec = await makeKey('ec-1', 'ES256');
const rsa = await makeKey('rsa-1', 'RS256');
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const weakJwk = { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'PS256' } as JWK;
const other = await makeKey('other-1');
const thief = await generateKeyPair('EdDSA', { extractable: true });
const thiefJwk = await exportJWK(thief.publicKey);

const keyObject = async (key: Parameters<typeof exportJWK>[0]): Promise<KeyObject> =>
  createPrivateKey({ key: { ...(await exportJWK(key)) }, format: 'jwk' });
const edKey = await keyObject(ed.privateKey);
const ecKey = await keyObject(ec.privateKey);
const rsaKey = await keyObject(rsa.privateKey);
const thiefKey = await keyObject(thief.privateKey);
const edPublicPem = createPublicKey(edKey).export({ type: 'spki', format: 'pem' }) as string;

const b64 = (value: string | Buffer) => Buffer.from(value).toString('base64url');
const goodHeader = { typ: 'at+jwt', alg: 'EdDSA', kid: 'ed-1' };

type Signer = (input: string) => Buffer;
const edSigner =
  (key: KeyObject): Signer =>
  (input) =>
    signBytes(null, Buffer.from(input), key);

/** A token of exactly these bytes, signed by the issuer's own key unless told otherwise. */
const raw = (header: string | Buffer, payload: string | Buffer, signer: Signer = edSigner(edKey)) => {
  const input = `${b64(header)}.${b64(payload)}`;
  return `${input}.${b64(signer(input))}`;
};
const token = (header: object, claims: object, signer?: Signer) =>
  raw(
    JSON.stringify({ ...goodHeader, ...header }),
    JSON.stringify({ ...goodClaims(now), ...claims }),
    signer,
  );
const withHeader = (header: object, signer?: Signer) => token(header, {}, signer);
const withClaims = (claims: object) => token({}, claims);
/** The good payload as text, with `extra` put before its other members. */
const payloadText = (extra: string) => `{${extra},${JSON.stringify(goodClaims(now)).slice(1)}`;
const good = withClaims({});
const [goodHead, goodPayload, goodSignature] = good.split('.') as [string, string, string];

const hmac =
  (key: string | Buffer): Signer =>
  (input) =>
    createHmac('sha256', key).update(input).digest();
const es256 =
  (dsaEncoding: 'ieee-p1363' | 'der'): Signer =>
  (input) =>
    signBytes('sha256', Buffer.from(input), { key: ecKey, dsaEncoding });

const forgeries: Readonly<Record<string, string>> = {
  'alg none without a signature': `${b64(JSON.stringify({ ...goodHeader, alg: 'none' }))}.${goodPayload}.`,
  'alg none with a signature': withHeader({ alg: 'none' }),
  'alg nOnE': withHeader({ alg: 'nOnE' }),
  'no alg': withHeader({ alg: undefined }),
  'alg in lower case': withHeader({ alg: 'eddsa' }),
  'HS256 keyed with the public key as PEM': withHeader({ alg: 'HS256' }, hmac(edPublicPem)),
  'HS256 keyed with the raw public key': withHeader(
    { alg: 'HS256' },
    hmac(Buffer.from(ed.jwk.x!, 'base64url')),
  ),
  'another key under a known kid': withHeader({}, edSigner(thiefKey)),
  'another key, embedded as jwk': withHeader({ jwk: thiefJwk }, edSigner(thiefKey)),
  'the right key, with an embedded jwk': withHeader({ jwk: ed.jwk }),
  'another key, named by jku': withHeader({ jku: 'https://thief.example/jwks' }, edSigner(thiefKey)),
  'the right key, with a jku': withHeader({ jku: 'https://thief.example/jwks' }),
  'a certificate by x5u': withHeader({ x5u: 'https://thief.example/cert' }),
  'a certificate chain in x5c': withHeader({ x5c: ['MIIB'] }),
  'an unknown kid': withHeader({ kid: 'nobody' }),
  'a kid that is a path': withHeader({ kid: '../../../dev/null' }),
  'a kid that is no text': withHeader({ kid: 1 }),
  'no kid where several keys serve': withHeader({ kid: undefined }),
  'the kid of a key of another algorithm': withHeader({ kid: 'ec-1' }),
  "an algorithm that is not the key's": withHeader({ alg: 'ES256', kid: 'ec-1' }),
  'an algorithm that the issuer may not use': withHeader({ alg: 'RS256', kid: 'rsa-1' }, (input) =>
    signBytes('sha256', Buffer.from(input), rsaKey),
  ),
  'an algorithm that is not known': withHeader({ alg: 'ES256K' }),
  'a weak RSA key, though published': withHeader({ alg: 'PS256', kid: 'weak' }, (input) =>
    signBytes('sha256', Buffer.from(input), { key: weak.privateKey, padding: 6, saltLength: 32 }),
  ),
  'crit with an unknown extension': withHeader({ crit: ['urgent'], urgent: true }),
  'crit with a known extension': withHeader({ crit: ['exp'], exp: seconds + 300 }),
  'crit empty': withHeader({ crit: [] }),
  'an unencoded payload (b64 false, crit)': withHeader({ crit: ['b64'], b64: false }),
  'b64 false without crit': withHeader({ b64: false }),
  'typ JWT': withHeader({ typ: 'JWT' }),
  'typ missing': withHeader({ typ: undefined }),
  'typ of a logout token': withHeader({ typ: 'logout+jwt' }),
  'typ as a list': withHeader({ typ: ['at+jwt'] }),
  expired: withClaims({ exp: seconds - 31 }),
  'not yet valid': withClaims({ nbf: seconds + 31 }),
  'issued in the future': withClaims({ iat: seconds + 31 }),
  'exp missing': withClaims({ exp: undefined }),
  'exp as text': withClaims({ exp: String(seconds + 300) }),
  'exp beyond all numbers': raw(
    JSON.stringify(goodHeader),
    JSON.stringify(goodClaims(now)).replace(/"exp":\d+/, '"exp":1e999'),
  ),
  'exp negative': withClaims({ exp: -1 }),
  'iat missing': withClaims({ iat: undefined }),
  'nbf as text': withClaims({ nbf: 'now' }),
  'another audience': withClaims({ aud: 'https://other.example' }),
  'a list of other audiences': withClaims({ aud: ['https://other.example', `${audience}/`] }),
  'an audience list with something else in it': withClaims({ aud: [audience, 7] }),
  'no audience': withClaims({ aud: undefined }),
  'an audience that ours begins with': withClaims({ aud: audience.slice(0, -1) }),
  'an unknown issuer': withClaims({ iss: 'https://thief.example' }),
  'an issuer with a slash too much': withClaims({ iss: `${issuerName}/` }),
  'an issuer as a list': withClaims({ iss: [issuerName] }),
  'no issuer': withClaims({ iss: undefined }),
  "another trusted issuer's name over this one's key": withClaims({ iss: 'https://second.example' }),
  "another trusted issuer's key over this one's name": withHeader(
    { kid: 'other-1' },
    edSigner(await keyObject(other.privateKey)),
  ),
  'no subject': withClaims({ sub: undefined }),
  'an empty subject': withClaims({ sub: '' }),
  'no client_id': withClaims({ client_id: undefined }),
  'no jti': withClaims({ jti: undefined }),
  'no tenant': withClaims({ tenant: undefined }),
  'a tenant that is a number': withClaims({ tenant: 1 }),
  'an empty tenant': withClaims({ tenant: '' }),
  'a tenant that the issuer does not speak for': withClaims({ tenant: 'tenant-b' }),
  'a tenant by way of the prototype': raw(
    JSON.stringify(goodHeader),
    `{"__proto__":{"tenant":"tenant-a"},${JSON.stringify({ ...goodClaims(now), tenant: undefined }).slice(1)}`,
  ),
  'an organisation that is an object': withClaims({ organisation: { reference: 'Organization/a' } }),
  'scope as a list': withClaims({ scope: ['consents:write'] }),
  "bound to a key (cnf), sent as a bearer's": withClaims({ cnf: { jkt: 'abc' } }),
  'without a claim that is required of this issuer': withClaims({ department: undefined }),
  'a claim twice': raw(JSON.stringify(goodHeader), payloadText('"tenant":"tenant-b"')),
  'a claim twice, once escaped': raw(JSON.stringify(goodHeader), payloadText('"\\u0073ub":"someone"')),
  'a nested member twice': raw(JSON.stringify(goodHeader), payloadText('"x":[{"a":1,"a":2}]')),
  'a header member twice': raw(
    '{"alg":"none","typ":"at+jwt","kid":"ed-1","alg":"EdDSA"}',
    JSON.stringify(goodClaims(now)),
  ),
  'too long': withClaims({ padding: 'x'.repeat(8192) }),
  'the payload of another token': `${goodHead}.${withClaims({ sub: 'someone' }).split('.')[1]}.${goodSignature}`,
  'the header of another token': `${withHeader({ extra: 1 }).split('.')[0]}.${goodPayload}.${goodSignature}`,
  'a signature cut short': `${goodHead}.${goodPayload}.${goodSignature.slice(0, -4)}`,
  'a signature with more behind it': `${good}AAAA`,
  'no signature': `${goodHead}.${goodPayload}.`,
  'a signature of zeros': withHeader({}, () => Buffer.alloc(64)),
  'an ECDSA signature of zeros': withHeader({ alg: 'ES256', kid: 'ec-1' }, () => Buffer.alloc(64)),
  'an ECDSA signature in DER': withHeader({ alg: 'ES256', kid: 'ec-1' }, es256('der')),
  'two parts': `${goodHead}.${goodPayload}`,
  'four parts': `${good}.AAAA`,
  'five parts, as if encrypted': `${goodHead}.AAAA.AAAA.${goodPayload}.${goodSignature}`,
  'base64 with padding': `${goodHead}=.${goodPayload}.${goodSignature}`,
  'a payload that is no JSON': raw(JSON.stringify(goodHeader), 'sub=clinician-1'),
  'a payload that is a list': raw(JSON.stringify(goodHeader), JSON.stringify([goodClaims(now)])),
  'a payload that is no UTF-8': raw(
    JSON.stringify(goodHeader),
    Buffer.from(JSON.stringify(goodClaims(now)).replace('clinician', 'clinici\xe9'), 'latin1'),
  ),
  'a payload with a byte order mark': raw(
    JSON.stringify(goodHeader),
    `\ufeff${JSON.stringify(goodClaims(now))}`,
  ),
  'the JSON serialization': JSON.stringify({
    protected: goodHead,
    payload: goodPayload,
    signature: goodSignature,
  }),
  'a line break inside': `${goodHead}.\n${goodPayload}.${goodSignature}`,
  empty: '',
};

describe('forged tokens', async () => {
  const first = await fileIssuer([ed, ed2, ec, rsa, { ...ed, jwk: weakJwk }], {
    tenants: ['tenant-a'],
  });
  const demanding = await fileIssuer([ed, ed2, ec], { requiredClaims: ['department'] });
  const second = await fileIssuer([other], { issuer: 'https://second.example' });
  after(() => Promise.all([first, demanding, second].map(({ remove }) => remove())));
  const open = (issuer: typeof first.issuer) =>
    openTokens({ issuers: [issuer, second.issuer], clock: () => now, cacheSize: 100 });
  const tokens = open(first.issuer);

  it('the token that they are made from is accepted', async () => {
    const result = await tokens.principalOf(`Bearer ${good}`);
    assert.ok(result.ok);
    assert.equal(result.value.subject, 'clinician-1');
    assert.ok(
      (await tokens.principalOf(`Bearer ${withHeader({ alg: 'ES256', kid: 'ec-1' }, es256('ieee-p1363'))}`))
        .ok,
    );
  });

  it('there are at least 40 kinds, each different', () => {
    assert.ok(Object.keys(forgeries).length >= 40);
    assert.equal(new Set(Object.values(forgeries)).size, Object.keys(forgeries).length);
  });

  for (const [name, forged] of Object.entries(forgeries)) {
    it(`refused: ${name}`, async () => {
      const verifier = name.startsWith('without a claim') ? open(demanding.issuer) : tokens;
      for (const attempt of [1, 2]) {
        const result = await verifier.principalOf(`Bearer ${forged}`);
        assert.equal(result.ok ? 'accepted' : result.error.code, 'token-invalid', `attempt ${attempt}`);
      }
    });
  }

  it('refused: a good token under another scheme, or none', async () => {
    for (const header of [`Basic ${good}`, `DPoP ${good}`, good, `Bearer ${good} ${good}`]) {
      const result = await tokens.principalOf(header);
      assert.equal(result.ok ? 'accepted' : result.error.code, 'token-invalid');
    }
  });

  it('no refusal repeats anything of the token', async () => {
    for (const forged of Object.values(forgeries)) {
      const result = await tokens.principalOf(`Bearer ${forged}`);
      if (result.ok) continue;
      for (const value of ['clinician', 'app-1', 'thief', 'tenant-b', 'https:']) {
        assert.ok(!result.error.detail.includes(value), result.error.detail);
      }
    }
  });
});
