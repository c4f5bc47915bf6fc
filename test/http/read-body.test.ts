import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, describe, it } from 'node:test';
import type { Result } from '../../schemas/result.ts';
import { readBody } from '../../src/http/read-body.ts';

type Body = NonNullable<RequestInit['body']>;
const limits = { bytes: 1000, depth: 4 };
let last: Promise<Result<unknown>> | undefined;
const server = createServer((request, response) => {
  last = readBody(request, limits);
  void last.then((result) => response.end(JSON.stringify(result)));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
after(() => server.close());

const send = async (body: Body, headers: Record<string, string> = {}): Promise<Result<unknown>> => {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  });
  return (await response.json()) as Result<unknown>;
};
const codeOf = async (body: Body, headers?: Record<string, string>) => {
  const result = await send(body, headers);
  return result.ok ? 'read' : result.error.code;
};
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a body', () => {
  it('is read whole, also in many chunks', async () => {
    assert.deepEqual(await send('{"a":[1,"zwölf"]}'), { ok: true, value: { a: [1, 'zwölf'] } });
    const bytes = new TextEncoder().encode('{"name":"zwölf"}');
    const stream = new ReadableStream({
      async start(controller) {
        for (const byte of bytes) {
          controller.enqueue(Uint8Array.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
        controller.close();
      },
    });
    assert.deepEqual(await send(stream), { ok: true, value: { name: 'zwölf' } });
  });

  it('must be JSON, in UTF-8, not compressed', async () => {
    assert.equal(await codeOf('{}', { 'content-type': 'application/fhir+json; charset=UTF-8' }), 'read');
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
    ]) {
      assert.equal(await codeOf('{}', { 'content-type': type }), 'media-type-unsupported', type);
    }
    assert.equal(await codeOf('{}', { 'content-encoding': 'gzip' }), 'media-type-unsupported');
  });

  it('must be well-formed', async () => {
    for (const text of ['', '{', '{"a":1}}', "{'a':1}", '{"a":01}', 'NaN', '"\\ud800"', '"a\\\\\\udc00"']) {
      assert.equal(await codeOf(text), 'invalid-request', text);
    }
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      assert.equal(await codeOf(Uint8Array.from(bytes)), 'invalid-request');
    }
    assert.equal(await codeOf('"\\ud83d\\ude00 and \\\\ud800"'), 'read');
  });

  it('has at most so many bytes, announced or not', async () => {
    assert.equal(await codeOf(`"${'x'.repeat(998)}"`), 'read');
    assert.equal(await codeOf(`"${'x'.repeat(999)}"`), 'body-too-large');
    const stream = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 20; chunk += 1)
          controller.enqueue(new TextEncoder().encode('x'.repeat(100)));
        controller.close();
      },
    });
    assert.equal(await codeOf(stream), 'body-too-large');
  });

  it('is nested at most so deep, not counting brackets in strings', async () => {
    assert.equal(await codeOf(nested(4)), 'read');
    assert.equal(await codeOf(nested(5)), 'body-too-large');
    assert.equal(await codeOf('{"a":{"b":{"c":{"d":{}}}}}'), 'body-too-large');
    assert.equal(await codeOf('"[[[[[[{{{{{{"'), 'read');
    assert.equal(await codeOf('"\\"[[[[[["'), 'read');
    assert.equal(await codeOf('["\\\\",[[[[]]]]]'), 'body-too-large');
    assert.equal(await codeOf('[[],[],[],[],[],[]]'), 'read');
  });

  it('that does not arrive whole is a failure, not a crash', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"',
    );
    last = undefined;
    while (last === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    const result = await (last as Promise<Result<unknown>>);
    assert.equal(result.ok ? 'read' : result.error.code, 'invalid-request');
  });
});
