import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, beforeEach, describe, it } from 'node:test';
import { trustedIssuer } from '../../src/access/issuer.ts';
import { openTokens, type Tokens } from '../../src/access/tokens.ts';
import { audience, goodClaims, issuerName, makeKey, sign, type TestKey } from './issuer-kit.ts';

const first = await makeKey('first');
const next = await makeKey('next');

/** A real server of the key set: `keys` are what it publishes, `mode` how it fails, `asked` how often it was asked. */
const published: {
  keys: readonly TestKey[];
  mode: 'well' | 'error' | 'garbage' | 'redirect' | 'endless';
  asked: number;
} = {
  keys: [],
  mode: 'well',
  asked: 0,
};
const server = createServer((request, response) => {
  published.asked += 1;
  if (published.mode === 'error') return response.writeHead(500).end();
  if (published.mode === 'garbage') return response.end('<html>');
  if (published.mode === 'redirect' && request.url !== '/elsewhere') {
    return response.writeHead(302, { location: '/elsewhere' }).end();
  }
  const padding = published.mode === 'endless' ? 'x'.repeat(300_000) : '';
  return response.end(JSON.stringify({ keys: published.keys.map(({ jwk }) => jwk), padding }));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
after(() => server.close());

const minute = 60_000;
let now: number;
let tokens: Tokens;
let unavailable: string[];

const codeOf = async (token: string): Promise<string> => {
  const result = await tokens.principalOf(`Bearer ${token}`);
  return result.ok ? 'accepted' : result.error.code;
};
/** Until what was begun behind an answer has settled. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));
const longLived = (key: TestKey) => sign(key, { ...goodClaims(now), exp: now / 1000 + 36_000 });

describe('the keys of an issuer', () => {
  beforeEach(() => {
    now = Date.parse('2026-03-01T08:00:00Z');
    Object.assign(published, { keys: [first], mode: 'well', asked: 0 });
    unavailable = [];
    tokens = openTokens({
      issuers: [trustedIssuer.parse({ issuer: issuerName, audience, jwksUrl })],
      clock: () => now,
      cacheSize: 2,
      onKeysUnavailable: (issuer) => unavailable.push(issuer),
    });
  });

  it('are fetched once for many tokens', async () => {
    const good = await longLived(first);
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, () => codeOf(good))),
      Array(20).fill('accepted'),
    );
    assert.equal(published.asked, 1);
  });

  it('rotate without a restart: an unknown key id has them read anew', async () => {
    assert.equal(await codeOf(await longLived(first)), 'accepted');
    published.keys = [first, next];
    now += 11_000;
    assert.equal(await codeOf(await longLived(next)), 'accepted');
    assert.equal(published.asked, 2);
  });

  it('are not asked for at every unknown key id', async () => {
    const stranger = await longLived(await makeKey('stranger'));
    for (let attempt = 0; attempt < 20; attempt += 1) assert.equal(await codeOf(stranger), 'token-invalid');
    assert.equal(published.asked, 1);
    now += 11_000;
    assert.equal(await codeOf(stranger), 'token-invalid');
    assert.equal(published.asked, 2);
  });

  it('that are withdrawn take with them the tokens already verified', async () => {
    const good = await longLived(first);
    assert.equal(await codeOf(good), 'accepted');
    published.keys = [next];
    now += 6 * minute;
    await codeOf(good);
    await settled();
    assert.equal(await codeOf(good), 'token-invalid');
  });

  it('that change under the same key id take with them the tokens already verified', async () => {
    const good = await longLived(first);
    assert.equal(await codeOf(good), 'accepted');
    published.keys = [await makeKey('first')];
    now += 6 * minute;
    await codeOf(good);
    await settled();
    assert.equal(await codeOf(good), 'token-invalid');
  });

  for (const mode of ['error', 'garbage', 'redirect', 'endless'] as const) {
    it(`serve for an hour when the issuer fails (${mode}), then requests fail, then it recovers`, async () => {
      const good = await longLived(first);
      assert.equal(await codeOf(good), 'accepted');
      published.mode = mode;
      for (const passed of [6, 30, 59]) {
        now = Date.parse('2026-03-01T08:00:00Z') + passed * minute;
        assert.equal(await codeOf(good), 'accepted', `after ${passed} minutes`);
        assert.equal(await codeOf(await longLived(first)), 'accepted', `a new token after ${passed} minutes`);
        await settled();
      }
      now = Date.parse('2026-03-01T08:00:00Z') + 61 * minute;
      assert.equal(await codeOf(good), 'keys-unavailable');
      assert.equal(await codeOf(await longLived(first)), 'keys-unavailable');
      assert.ok(unavailable.includes(issuerName));
      published.mode = 'well';
      now += minute;
      assert.equal(await codeOf(good), 'accepted');
    });
  }

  it('that were never had make requests fail, and no storm of requests to the issuer', async () => {
    published.mode = 'error';
    const good = await longLived(first);
    for (let attempt = 0; attempt < 20; attempt += 1) assert.equal(await codeOf(good), 'keys-unavailable');
    assert.equal(published.asked, 1);
  });

  it('are never taken from a set that an issuer published with symmetric or private parts', async () => {
    published.keys = [{ ...first, jwk: { kty: 'oct', k: 'c2VjcmV0', kid: 'first', alg: 'HS256' } }];
    assert.equal(await codeOf(await longLived(first)), 'token-invalid');
  });
});

describe('a verified token', () => {
  it('is not accepted past its end, nor remembered beyond the bound', async () => {
    now = Date.parse('2026-03-01T08:00:00Z');
    Object.assign(published, { keys: [first], mode: 'well', asked: 0 });
    tokens = openTokens({
      issuers: [trustedIssuer.parse({ issuer: issuerName, audience, jwksUrl, clockToleranceSeconds: 0 })],
      clock: () => now,
      cacheSize: 2,
    });
    const good = await sign(first, goodClaims(now));
    for (let other = 0; other < 5; other += 1) {
      assert.equal(await codeOf(await sign(first, { ...goodClaims(now), jti: `${other}` })), 'accepted');
    }
    assert.equal(await codeOf(good), 'accepted');
    now += 299_000;
    assert.equal(await codeOf(good), 'accepted');
    now += 1000;
    assert.equal(await codeOf(good), 'token-invalid');
  });
});

describe('the key set of an issuer', () => {
  it('comes over https, or over http from this machine alone, or from a file, and from one of them', () => {
    const parse = (from: object) =>
      trustedIssuer.safeParse({ issuer: issuerName, audience, ...from }).success;
    assert.ok(parse({ jwksUrl: 'https://issuer.example/jwks' }));
    assert.ok(parse({ jwksUrl: 'http://localhost:9000/jwks' }));
    assert.ok(parse({ jwksFile: 'keys.json' }));
    assert.ok(!parse({ jwksUrl: 'http://issuer.example/jwks' }));
    assert.ok(!parse({ jwksUrl: 'file:///etc/keys.json' }));
    assert.ok(!parse({}));
    assert.ok(!parse({ jwksUrl: 'https://issuer.example/jwks', jwksFile: 'keys.json' }));
    assert.ok(!parse({ jwksFile: 'keys.json', algorithms: ['HS256'] }));
    assert.ok(!parse({ jwksFile: 'keys.json', algorithms: ['none'] }));
  });
});
