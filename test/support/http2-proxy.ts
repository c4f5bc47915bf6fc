import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

interface Call {
  readonly path: string;
  readonly answers: ClientHttp2Stream;
}

/** A proxy of HTTP/2 that can end calls as a server does, which a proxy of bytes cannot. */
export class Http2Proxy {
  readonly host = '127.0.0.1';
  readonly #server = createServer();
  readonly #upstream: ClientHttp2Session;
  readonly #open = new Map<ServerHttp2Stream, Call>();

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#upstream = connect(`http://${target.host}:${target.port}`);
    this.#upstream.on('error', () => {});
    this.#server.on('stream', (stream, headers) => {
      const request = this.#upstream.request(headers, { endStream: false });
      this.#open.set(stream, { path: String(headers[':path']), answers: request });
      let trailers: object = {};
      stream.pipe(request);
      request.on('response', (answer) => {
        if (!stream.closed) stream.respond(answer, { waitForTrailers: true });
        request.pipe(stream);
      });
      request.on('trailers', (received) => {
        trailers = Object.fromEntries(Object.entries(received).filter(([name]) => !name.startsWith(':')));
      });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers }));
      stream.on('close', () => {
        this.#open.delete(stream);
        request.close();
      });
      for (const side of [stream, request]) side.on('error', () => {});
    });
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<Http2Proxy> {
    const proxy = new Http2Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends the open calls of a method, status OK, and says how many there were. */
  endCalls(method: string): number {
    const ended = this.#calls(method);
    for (const [stream] of ended) stream.end();
    return ended.length;
  }

  /** Takes no more of what the server says on the open calls of a method, until the returned function is called. */
  holdCalls(method: string): () => void {
    const held = this.#calls(method);
    for (const [stream, { answers }] of held) answers.unpipe(stream).pause();
    return () => {
      for (const [stream, { answers }] of held) answers.pipe(stream);
    };
  }

  #calls(method: string): [ServerHttp2Stream, Call][] {
    return [...this.#open].filter(([, { path }]) => path.endsWith(`/${method}`));
  }

  close(): Promise<void> {
    for (const stream of this.#open.keys()) stream.close();
    this.#upstream.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
