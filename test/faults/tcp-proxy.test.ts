import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../support/tcp-proxy.ts';

it('the proxy of the fault tests keeps bytes in order, also where latency ends', async () => {
  const server = createServer((socket) => {
    // The proxy ends by resetting its connections.
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: address.port });
  const client = connect(proxy.port, proxy.host);
  client.setEncoding('utf8');
  let echoed = '';
  client.on('data', (text) => {
    echoed += String(text);
  });
  let sent = '';
  for (let turn = 0; turn < 40; turn += 1) {
    proxy.disturb({ delay: turn % 10 < 5 ? 60 : 0 });
    const text = `${turn},`;
    sent += text;
    client.write(text);
    await sleep(5);
  }
  for (const end = performance.now() + 5_000; echoed.length < sent.length && performance.now() < end; )
    await sleep(10);
  client.destroy();
  await proxy.close();
  server.close();
  assert.equal(echoed, sent);
});
