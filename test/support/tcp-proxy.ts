import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to the bytes of a connection on their way. */
export interface Traffic {
  /** Milliseconds that each chunk is held back, in both directions. */
  readonly delay: number;
  /** Whether bytes pass from the client to the server. */
  readonly up: boolean;
  /** Whether bytes pass from the server to the client; `held`: they stay where they are until they pass again. */
  readonly down: boolean | 'held';
}

const undisturbed: Traffic = { delay: 0, up: true, down: true };

/** A TCP proxy on loopback whose connections can be disturbed. */
export class TcpProxy {
  readonly host = '127.0.0.1';
  readonly #server: Server;
  readonly #links = new Set<Link>();
  /** Of connections that are made from now on. */
  #traffic = undisturbed;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => {
      const link = new Link(client, connect(target.port, target.host), this.#traffic);
      this.#links.add(link);
      client.once('close', () => this.#links.delete(link));
    });
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Disturbs the connections that are there and those to come. */
  disturb(traffic: Partial<Traffic>): void {
    this.disturbNew(traffic);
    for (const link of this.#links) link.traffic(this.#traffic);
  }

  /** Disturbs the connections to come. */
  disturbNew(traffic: Partial<Traffic>): void {
    this.#traffic = { ...undisturbed, ...traffic };
  }

  /** Resets the connections that are there. */
  reset(): void {
    for (const link of this.#links) link.reset();
  }

  close(): Promise<void> {
    this.reset();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  #traffic: Traffic;

  constructor(client: Socket, server: Socket, traffic: Traffic) {
    this.#client = client;
    this.#server = server;
    this.#traffic = traffic;
    this.#pass(client, server, () => this.#traffic.up);
    this.#pass(server, client, () => this.#traffic.down === true);
    this.traffic(traffic);
  }

  traffic(traffic: Traffic): void {
    this.#traffic = traffic;
    if (traffic.down === 'held') this.#server.pause();
    else this.#server.resume();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #pass(from: Socket, to: Socket, passes: () => boolean): void {
    from.setNoDelay();
    // One after the other: what comes when the latency is over must not overtake what is on its way.
    let previous: Promise<unknown> = Promise.resolve();
    from.on('data', (chunk) => {
      if (!passes()) return;
      const { delay } = this.#traffic;
      const due = delay === 0 ? undefined : sleep(delay);
      previous = previous.then(() => due).then(() => to.write(chunk));
    });
    from.on('error', () => {});
    // What was swallowed is never missed: an end passes only where bytes do.
    from.on('close', () => passes() && to.destroy());
  }
}
