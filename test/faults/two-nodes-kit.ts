import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type patientOf, questionOf } from '../http/kit.ts';
import {
  connectionTo,
  type EventStoreServer,
  noEventStore,
  startEventStore,
} from '../support/eventstored.ts';
import { type LedgerFolder, openLedgerFolder, type ServedLedger } from '../support/ledger-process.ts';
import { noPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

/** Why tests with several nodes are skipped; false where both servers can be had. */
export const noServers: string | false = noEventStore || noPostgres;

export type Patient = ReturnType<typeof patientOf>;

/** One EventStoreDB and one PostgreSQL, and nodes of the service on them. */
export class SharedServers {
  readonly #folder: string;
  readonly #events: EventStoreServer;
  readonly #postgres: PostgresServer;
  readonly #vaultUrl: string;

  private constructor(folder: string, events: EventStoreServer, postgres: PostgresServer, vaultUrl: string) {
    this.#folder = folder;
    this.#events = events;
    this.#postgres = postgres;
    this.#vaultUrl = vaultUrl;
  }

  static async start(): Promise<SharedServers> {
    const folder = await mkdtemp(join(tmpdir(), 'consent-ledger-nodes-'));
    const [events, postgres] = await Promise.all([startEventStore(), startPostgres()]);
    return new SharedServers(folder, events, postgres, await postgres.database());
  }

  /** Two nodes that serve, each given to `started` as it is laid out, so that it is stopped whatever comes of the next. */
  async pair(started: Node[]): Promise<[one: Node, other: Node]> {
    const one = await this.node('one');
    started.push(one);
    await one.start();
    const other = await this.node('other', one);
    started.push(other);
    await other.start();
    await Promise.all([one.ready(), other.ready()]);
    return [one, other];
  }

  /**
   * Lays out a node in a folder of its own, with a proxy of its own between it and the store; all share the keys. A node
   * after the first is given the issuer of tokens of the first, which must have served.
   */
  async node(name: string, first?: Node): Promise<Node> {
    const folder = join(this.#folder, name);
    const proxy = await TcpProxy.to(this.#events);
    const secret = async (file: string, text: string): Promise<string> => {
      const path = join(this.#folder, `${name}-${file}`);
      await writeFile(path, `${text}\n`, { mode: 0o600 });
      return path;
    };
    if (first !== undefined) {
      await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
      const issuer = 'development-issuer';
      await cp(join(first.ledger.config.dataFolder, issuer), join(folder, 'data', issuer), {
        recursive: true,
      });
    }
    const settings = {
      keysFolder: join(this.#folder, 'keys'),
      store: 'eventstoredb',
      eventstoredb: {
        connectionStringFile: await secret('store', connectionTo(proxy).connectionString),
        maxStalenessMs,
      },
      vault: 'postgres',
      postgres: { urlFile: await secret('vault', this.#vaultUrl), tls: 'off' },
      limits: { ratePerSecond: 1_000_000, positionWaitMs: 10_000 },
    };
    const compiled = join(this.#folder, 'compiled');
    const ledger = await openLedgerFolder(folder, { settings, newKeys: first === undefined, compiled });
    return new Node(ledger, proxy);
  }

  /** The folders of the two servers, as far as they are this machine's. */
  get files(): readonly string[] {
    return [this.#events.data, this.#postgres.data].filter((folder) => folder !== undefined);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#events.stop(), this.#postgres.stop()]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export const maxStalenessMs = 3_000;

/** Milliseconds within which whatever heals has healed. */
const healingMs = 60_000;

/** A node of the service, in a process of its own. */
export class Node {
  readonly ledger: LedgerFolder;
  readonly proxy: TcpProxy;
  #served: ServedLedger | undefined;

  constructor(ledger: LedgerFolder, proxy: TcpProxy) {
    this.ledger = ledger;
    this.proxy = proxy;
  }

  get served(): ServedLedger {
    assert.ok(this.#served, 'this node does not run');
    return this.#served;
  }

  async start(): Promise<void> {
    this.#served = await this.ledger.serve();
  }

  /** What it logged. */
  async stop(): Promise<string> {
    const { code, stdout, stderr } = await this.served.stop();
    this.#served = undefined;
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** Ends whatever runs of it. */
  async end(): Promise<void> {
    await this.#served?.kill();
    await this.proxy.close();
  }

  /** Deletes what can be had again from the store: the replica and the read models. */
  async empty(): Promise<void> {
    const { dataFolder } = this.ledger.config;
    for (const name of ['log.db', 'log.db-wal', 'log.db-shm', 'models'])
      await rm(join(dataFolder, name), { recursive: true, force: true });
  }

  /** Writes, and answers what was said of it: where it stands, and its ids. */
  async write(
    path: string,
    body: object,
  ): Promise<{ readonly position: string; readonly consentId: string }> {
    const { status, json, text } = await this.served.post(path, body);
    assert.equal(status, 201, text);
    return { position: String(json.position), consentId: String(json.consentId) };
  }

  ask(patient: Patient, position?: string) {
    return this.served.post('/decisions', {
      patient,
      question: questionOf(),
      ...(position !== undefined && { position }),
    });
  }

  async verdict(patient: Patient, position?: string): Promise<string> {
    const { status, json, text } = await this.ask(patient, position);
    assert.equal(status, 200, text);
    return String(json.answer?.items?.[0]?.decision);
  }

  /** The events of a patient's history, without what this node alone says of them. */
  async history(
    patient: Patient,
  ): Promise<readonly { readonly type: string; readonly recordedAt: string }[]> {
    const { status, json, text } = await this.served.post('/patients/history', { patient, limit: 500 });
    assert.equal(status, 200, text);
    return json.events as unknown as { type: string; recordedAt: string }[];
  }

  async readiness(): Promise<{ readonly status: number; readonly text: string }> {
    return this.served.send('GET', '/readyz');
  }

  async ready(): Promise<void> {
    for (const end = performance.now() + healingMs; (await this.readiness()).status !== 200; await sleep(50))
      assert.ok(performance.now() < end, 'it does not become ready');
  }
}
