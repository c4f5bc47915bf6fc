import assert from 'node:assert/strict';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import express from 'express';
import { z } from 'zod';
import { problem } from '../../schemas/http/common.ts';
import { route } from '../../schemas/http/route.ts';
import { fail, ok } from '../../schemas/result.ts';
import { openTokens } from '../../src/access/tokens.ts';
import type { Handler } from '../../src/http/exchange.ts';
import { serve } from '../../src/http/serve.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { VaultUnavailable } from '../../src/vault/port.ts';
import { fileIssuer, goodClaims, makeKey, sign } from '../access/issuer-kit.ts';

const echo = route({
  method: 'post',
  path: '/echo/{id}',
  tag: 'operations',
  summary: 'Says what it was told',
  access: 'read-consents',
  params: z.strictObject({ id: z.string() }),
  body: z.strictObject({ text: z.string() }),
  status: 200,
  response: z.strictObject({ text: z.string() }),
  failures: [],
});

const key = await makeKey('key');
const issuer = await fileIssuer([key]);
const bearer = await sign(key, goodClaims(Date.now()));
after(() => issuer.remove());

/** Serves one route with this handler, as the whole service would, and sends it one request. */
const answerOf = async (handler: Handler<typeof echo>, rate = true) => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const transport = {
    tokens: openTokens({ issuers: [issuer.issuer], clock: Date.now, cacheSize: 10 }),
    requestSecret: createSecretKey(randomBytes(32)),
    log: createLog({ level: 'debug', stream }),
    metrics: createMetrics(),
    uuid: randomUUID,
    limits: {
      body: { bytes: 1000, depth: 5 },
      cohortBytes: 1000,
      requestMs: 100,
      ratePerSecond: 1,
      positionWaitMs: 0,
      maxStalenessMs: 0,
    },
  };
  const app = express();
  app.post(
    '/echo/:id',
    serve(transport, echo, handler, () => rate),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/echo/7`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'Canary' }),
  });
  const text = await response.text();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { status: response.status, text, lines: lines.join(''), metrics: await transport.metrics.text() };
};
const codeOf = ({ text }: { text: string }) => problem.parse(JSON.parse(text)).code;

describe('a route that is served', () => {
  it('gives its handler the principal and each part of the request, and answers what it says', async () => {
    const answer = await answerOf(async ({ principal, params, body, query }) => {
      assert.equal(principal.tenant, 'tenant-a');
      assert.deepEqual([params, body, query], [{ id: '7' }, { text: 'Canary' }, undefined]);
      return ok({ body });
    });
    assert.deepEqual([answer.status, answer.text], [200, '{"text":"Canary"}']);
    assert.match(answer.metrics, /requests_total\{method="POST",route="\/echo\/:id",status="200"\} 1/);
  });

  it('that takes too long is answered with timed-out, once, whatever comes later', async () => {
    const answer = await answerOf(async ({ body }) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return ok({ body });
    });
    assert.equal(codeOf(answer), 'timed-out');
    assert.equal(answer.status, 503);
  });

  it('that throws is answered with internal, and neither answer nor log repeats the message', async () => {
    const answer = await answerOf(() => {
      throw new Error('Canary in a message');
    });
    assert.equal(codeOf(answer), 'internal');
    assert.ok(!answer.text.includes('Canary') && !answer.lines.includes('Canary'));
    assert.match(answer.lines, /request broke/);
  });

  it('whose keys cannot be reached is answered with vault-unavailable', async () => {
    const answer = await answerOf(async () => {
      throw new VaultUnavailable('Canary');
    });
    assert.equal(codeOf(answer), 'vault-unavailable');
  });

  it('that fails is answered with the problem of its code, and its pointer', async () => {
    const answer = await answerOf(async () => fail('consent-exists', 'why', '/consentId'));
    assert.equal(answer.status, 409);
    const { code, detail, pointer } = problem.parse(JSON.parse(answer.text));
    assert.deepEqual([code, detail, pointer], ['consent-exists', 'why', '/consentId']);
  });

  it('asks nothing of its handler where the rate is exceeded', async () => {
    const answer = await answerOf(() => assert.fail('it was asked'), false);
    assert.equal(codeOf(answer), 'rate-limited');
  });
});
