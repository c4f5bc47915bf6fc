import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../../src/http/reply.ts';
import { startServer } from '../../src/http/server.ts';
import { answered, grantFor, openTestService, patientOf } from './kit.ts';

const reply = (body: string) => ({ status: 200, mediaType: 'text/plain', body });

describe('a server that stops', () => {
  it('finishes what it accepted, takes nothing new, and closes kept connections', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await startServer(
      (_request, response) => void held.then(() => send(response, reply('finished'))),
      { host: '127.0.0.1', port: 0, requestMs: 5000, uuid: randomUUID },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = () =>
      new Promise<string>((resolve, reject) => {
        const sent = request({ port: server.port, host: '127.0.0.1', agent }, (response) => {
          let text = String(response.statusCode);
          response.on('data', (chunk) => {
            text += ` ${String(chunk)}`;
          });
          response.on('end', () => resolve(text));
        });
        sent.on('error', reject);
        sent.end();
      });
    const accepted = get();
    await pause(50);
    const second = get().catch(() => 'refused');
    const stopped = server.stop();
    await pause(50);
    release();
    assert.equal(await accepted, '200 finished');
    assert.match(await second, /^(refused|503 .*stopping.*)$/);
    await stopped;
    assert.equal(await get().catch(() => 'refused'), 'refused');
    agent.destroy();
  });

  it('does not wait for ever for what does not end', async () => {
    const server = await startServer(() => {}, {
      host: '127.0.0.1',
      port: 0,
      requestMs: 200,
      uuid: randomUUID,
    });
    const hanging = fetch(`http://127.0.0.1:${server.port}/`).catch(() => 'cut');
    await pause(50);
    const begun = performance.now();
    await server.stop();
    assert.ok(performance.now() - begun < 2000);
    assert.equal(await hanging, 'cut');
  });
});

describe('a service that stops under load', () => {
  it('has recorded every write that it acknowledged', async () => {
    const first = await openTestService();
    const patient = patientOf('stop');
    const acknowledged: string[] = [];
    const writer = async () => {
      for (;;) {
        const received = await first.post('/consents', grantFor(patient)).catch(() => undefined);
        if (received?.status !== 201) return;
        acknowledged.push(String(received.json.consentId));
      }
    };
    const writers = Array.from({ length: 8 }, writer);
    await pause(300);
    await first.stop();
    await Promise.all(writers);
    assert.ok(acknowledged.length > 0);
    const second = await openTestService({}, first.folder);
    const { consents } = answered('patientConsents', await second.post('/patients/consents', { patient }));
    const recorded = new Set(consents.map(({ consentId }) => consentId));
    assert.deepEqual(
      acknowledged.filter((consentId) => !recorded.has(consentId)),
      [],
    );
    await second.remove();
  });
});
