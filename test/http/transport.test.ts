import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  answered,
  grantFor,
  openTestService,
  patientOf,
  questionOf,
  refusedWith,
  type TestService,
} from './kit.ts';

let service: TestService;
before(async () => {
  service = await openTestService({ limits: { requestSeconds: 2 } });
});
after(() => service.remove());

describe('every answer', () => {
  it('carries the headers that keep a browser from doing harm with it', async () => {
    for (const path of ['/forms', '/healthz', '/docs', '/nowhere', '/problems/not-found']) {
      const { headers } = await service.get(path);
      assert.equal(headers.get('cache-control'), 'no-store', path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
      assert.match(headers.get('content-security-policy')!, /^default-src 'none'/, path);
      assert.equal(headers.get('x-powered-by'), null, path);
    }
  });

  it('that is a problem has a type that leads to a description', async () => {
    const { type } = refusedWith('not-found', await service.get('/nowhere'));
    const described = await service.get(type);
    assert.equal(described.status, 200);
    assert.match(described.headers.get('content-type')!, /^text\/html/);
    refusedWith('not-found', await service.get('/problems/made-up'));
  });
});

describe('what is not in the contract', () => {
  it('is not found, or not allowed with what is', async () => {
    for (const path of [
      '/',
      '/Consents',
      '/consents/',
      '/decisions/batch/',
      '/%',
      '/../etc/passwd',
      '/__proto__',
    ]) {
      refusedWith('not-found', await service.get(path));
    }
    const received = await service.send('DELETE', '/consents');
    refusedWith('method-not-allowed', received);
    assert.equal(received.headers.get('allow'), 'POST, GET');
    refusedWith('method-not-allowed', await service.get('/decisions'));
  });

  it('is refused in the path, the query and the body', async () => {
    const patient = patientOf('transport-1');
    const revocation = await service.post('/consents/not-a-uuid/revocations', { patient });
    assert.deepEqual(refusedWith('invalid-request', revocation).errors![0]!.in, 'path');
    for (const query of [
      'unknown=1',
      'limit=0',
      'limit=x',
      'limit=1&limit=2',
      'status=made-up',
      'endsFrom=2030',
    ]) {
      assert.equal(
        refusedWith('invalid-request', await service.get(`/consents?${query}`)).errors![0]!.in,
        'query',
        query,
      );
    }
    const received = await service.post('/decisions', { patient, question: questionOf(), extra: true });
    assert.equal(refusedWith('invalid-request', received).errors![0]!.in, 'body');
  });

  it('is refused by the domain with a pointer into the body', async () => {
    const patient = patientOf('transport-2');
    const question = questionOf({ purpose: { system: 'urn:nowhere', code: 'x' } });
    const one = await service.post('/decisions', { patient, question });
    assert.equal(refusedWith('purpose-system-unknown', one).pointer, '/question/purpose');
    const rules = [{ type: 'permit', exceptions: [{ label: [{ system: 'urn:nowhere', code: 'x' }] }] }];
    const grant = await service.post('/consents', grantFor(patient, { rules }));
    assert.equal(refusedWith('label-system-unknown', grant).pointer, '/rules/0/exceptions/0/label/0');
    const position = await service.post('/decisions', {
      patient,
      question: questionOf(),
      position: 'made-up',
    });
    assert.ok([400, 503].includes(position.status), position.text);
  });

  it('holds a rule of the depth that the contract allows', async () => {
    const patient = patientOf('transport-3');
    const nested = (depth: number): object =>
      depth === 1 ? { action: ['use'] } : { exceptions: [nested(depth - 1)] };
    const deepest = { type: 'permit', ...nested(32) };
    answered('grantConsent', await service.post('/consents', grantFor(patient, { rules: [deepest] })));
    const tooDeep = { type: 'permit', ...nested(33) };
    refusedWith('rule-limit', await service.post('/consents', grantFor(patient, { rules: [tooDeep] })));
  });
});

describe('a slow or broken request', () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => {
        answer += String(chunk);
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', () => resolve(answer));
      socket.write(text);
    });

  it('whose body never comes is given up', async () => {
    const token = await service.token();
    const head = `POST /decisions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n`;
    const answer = await raw(head);
    assert.match(answer, /^HTTP\/1\.1 (408|503) /);
  });

  it('that is no HTTP is answered with 400', async () => {
    assert.match(await raw('hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });
});

describe('the principal', () => {
  it('that sends too much is slowed down, and others are not', async () => {
    const limited = await openTestService({ limits: { ratePerSecond: 5 } });
    const statuses = async (subject: string) => {
      const token = await limited.token({ subject });
      const received = await Promise.all(
        Array.from({ length: 12 }, () => limited.send('GET', '/forms', { token })),
      );
      const refused = received.filter(({ status }) => status === 429);
      for (const each of refused) refusedWith('rate-limited', each);
      return { answered: received.length - refused.length, refused: refused.length };
    };
    const first = await statuses('one');
    assert.ok(first.answered >= 5 && first.refused >= 5, JSON.stringify(first));
    assert.ok((await statuses('two')).answered >= 5);
    await limited.remove();
  });
});

describe('operations', () => {
  it('tell whether the service lives, is ready, and how its models stand', async () => {
    assert.deepEqual((await service.send('GET', '/healthz', { token: null })).json, { alive: true });
    const ready = await service.send('GET', '/readyz', { token: null });
    assert.equal(ready.status, 200, ready.text);
    const status = answered('operationsStatus', await service.get('/operations/status'));
    assert.equal(status.ready, true);
    assert.ok(status.models.length >= 3);
    assert.equal(status.settings, service.config.policy.hash);
  });

  it('give metrics by route template', async () => {
    await service.get('/forms/some-form');
    const { text, headers } = await service.send('GET', '/metrics', { token: null });
    assert.match(headers.get('content-type')!, /^text\/plain/);
    assert.match(
      text,
      /consent_ledger_http_requests_total\{method="GET",route="\/forms\/:formId",status="404"\}/,
    );
    assert.ok(!text.includes('some-form'));
  });

  it('give the contract that the server is made of', async () => {
    const { json } = await service.send('GET', '/openapi.json', { token: null });
    assert.equal(String(json.openapi), '3.1.1');
    assert.match((await service.send('GET', '/docs', { token: null })).text, /^<!doctype html>/);
  });
});

describe('a trace', () => {
  it('goes through to the log lines, the problem and the events', async () => {
    const traceId = 'a'.repeat(31).concat('1');
    const headers = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` };
    const patient = patientOf('transport-4');
    answered('grantConsent', await service.post('/consents', grantFor(patient), headers));
    const refused = refusedWith(
      'patient-unknown',
      await service.post('/patients/history', { patient: patientOf('no') }, headers),
    );
    assert.equal(refused.correlationId, traceId);
    const lines = service.lines.filter((line) => line.includes(traceId)).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ route, status, causationId }) => [route, status, causationId]),
      [
        ['/consents', 201, 'b'.repeat(16)],
        ['/patients/history', 404, 'b'.repeat(16)],
      ],
    );
  });
});
