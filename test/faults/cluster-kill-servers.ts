import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RemoteConnection } from '../../src/store/eventstoredb-client.ts';
import { freePort, membersOf, startNode } from '../support/eventstored.ts';

type Node = ReturnType<typeof startNode>;

const size = 3;
/** Milliseconds in which a cluster becomes whole, if it ever does. */
const wholeLimitMs = 180_000;

/**
 * Three servers of EventStoreDB on loopback, which are one cluster. A server that ends by itself, as some do after an
 * election, is started again: whoever operates a cluster must see to that.
 */
export class Cluster {
  readonly #folder: string;
  readonly #ports: readonly number[];
  readonly #tcpPorts: readonly number[];
  readonly #nodes: Node[];
  readonly #killed = new WeakSet<Node>();
  /** How often a server ended by itself. */
  selfEnded = 0;

  private constructor(folder: string, ports: readonly number[], tcpPorts: readonly number[]) {
    this.#folder = folder;
    this.#ports = ports;
    this.#tcpPorts = tcpPorts;
    this.#nodes = ports.map((_, node) => this.#start(node));
  }

  /** Resolves once the cluster is whole. */
  static async start(): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-cluster-'));
    const ports = await Promise.all(Array.from({ length: 2 * size }, freePort));
    const cluster = new Cluster(folder, ports.slice(0, size), ports.slice(size));
    try {
      await cluster.whole();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get connection(): RemoteConnection {
    return { connectionString: `esdb://${this.#ports.map(local).join(',')}?tls=false` };
  }

  /** Kills the server that leads, and answers which it was. */
  async killLeader(): Promise<number> {
    const leader = await this.#leader();
    if (leader === undefined) throw new Error('there is no leader to kill');
    await this.#kill(leader);
    return leader;
  }

  restart(node: number): void {
    this.#nodes[node] = this.#start(node);
  }

  /** Settles once all servers see the same leader, whom the others follow. */
  async whole(): Promise<void> {
    for (const end = performance.now() + wholeLimitMs; performance.now() < end; await sleep(200)) {
      const seen = await Promise.all(this.#ports.map(wholeFrom));
      if (seen[0] !== undefined && seen.every((leader) => leader === seen[0])) return;
    }
    throw new Error('the cluster does not become whole');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((_, node) => this.#kill(node)));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #leader(): Promise<number | undefined> {
    for (const port of this.#ports) {
      const leader = await wholeFrom(port);
      if (leader !== undefined) return this.#ports.indexOf(leader);
    }
    return undefined;
  }

  #start(number: number): Node {
    const others = this.#ports.filter((_, other) => other !== number).map(local);
    const folder = join(this.#folder, String(number));
    const node = startNode(folder, this.#ports[number]!, this.#tcpPorts[number]!, [
      ...['--cluster-size', String(size), '--discover-via-dns', 'false'],
      ...['--gossip-seed', others.join(',')],
    ]);
    void node.exited.then(() => {
      if (this.#killed.has(node)) return;
      this.selfEnded += 1;
      this.restart(number);
    });
    return node;
  }

  async #kill(number: number): Promise<void> {
    const node = this.#nodes[number]!;
    this.#killed.add(node);
    await node.kill();
  }
}

const local = (port: number): string => `127.0.0.1:${port}`;

/** The port of the leader, where a server sees one, and all others following it. */
const wholeFrom = async (port: number): Promise<number | undefined> => {
  const members = (await membersOf(port)).filter(({ isAlive }) => isAlive);
  const followers = members.filter(({ state }) => state === 'Follower').length;
  const leader = members.find(({ state }) => state === 'Leader');
  return followers === size - 1 ? leader?.httpEndPointPort : undefined;
};
