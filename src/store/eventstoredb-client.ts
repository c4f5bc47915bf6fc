import { readFileSync } from 'node:fs';
import { type DNSClusterOptions, EventStoreDBClient } from '@eventstore/db-client';
import { parseConnectionString } from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import grpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { type AppendAnswer, AppendLane, type RemoteNewEvent } from './eventstoredb-append.ts';
import { decodeRead, type ReadAnswer, type RemoteEvent, type RemotePosition } from './eventstoredb-decode.ts';
import { eventAtRequest, followRequest, headOf, tailRequest } from './eventstoredb-read.ts';

/** The store took a question and gave no answer. */
export class StoreSilent extends Error {
  override readonly name = 'StoreSilent';

  constructor(limitMs: number) {
    super(`The store did not answer within ${limitMs} ms`);
  }
}

/** How to reach the store. */
export interface RemoteConnection {
  /** `esdb://` or `esdb+discover://`, as EventStoreDB documents it. */
  readonly connectionString: string;
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

type StreamsClient = InstanceType<typeof grpc.StreamsClient>;
type AppendCall = ReturnType<StreamsClient['batchAppend']>;

/** A gRPC call that delivers responses until it ends, fails or is cancelled. */
export type ReadCall = ReturnType<typeof read>;

/** As the generated `client.read`, but for what reads the answers. */
const read = (client: StreamsClient, request: ReadReq, ...[metadata, options]: CallArguments) => {
  const { path, requestSerialize } = grpc.StreamsService.read;
  return client.makeServerStreamRequest(path, requestSerialize, decodeRead, request, metadata, options);
};

type CallArguments = ReturnType<RemoteClient['callArguments']>;

/** Milliseconds in which a connection must answer a ping, one every ten seconds, before it is given up. */
const keepAliveTimeout = 5_000;

/**
 * The client of EventStoreDB: its connection, discovery and leadership are used as they are; appends and reads go
 * over calls of our own, so that each has a time limit, and none costs more than it must.
 */
export class RemoteClient extends EventStoreDBClient {
  readonly #lanes = new WeakMap<AppendCall, AppendLane>();
  readonly #calls = new WeakMap<StreamsClient, AppendCall | Promise<AppendCall>>();

  /** @throws Error where the connection string is malformed, or a file that it names cannot be read */
  constructor({ connectionString, credentials }: RemoteConnection) {
    const { hosts, dnsDiscover, defaultCredentials, tls, tlsCAFile, userCertFile, userKeyFile, ...options } =
      parseConnectionString(connectionString);
    const [first] = hosts;
    const place = dnsDiscover
      ? { discover: first }
      : hosts.length > 1
        ? { endpoints: hosts }
        : { endpoint: first };
    // One of the three kinds of place; the overloads of the constructor do not take their union.
    const settings = { keepAliveTimeout, ...options, ...place } as DNSClusterOptions;
    const files = {
      ...(tlsCAFile !== undefined && { rootCertificate: readFileSync(tlsCAFile) }),
      ...(userCertFile !== undefined && { userCertFile: readFileSync(userCertFile) }),
      ...(userKeyFile !== undefined && { userKeyFile: readFileSync(userKeyFile) }),
    };
    super(
      settings,
      { insecure: tls === false, ...(tls !== false && files) },
      credentials ?? defaultCredentials,
    );
  }

  /** Settles after about `limitMs` milliseconds at the latest; never rejects. */
  async append(
    stream: string,
    events: readonly RemoteNewEvent[],
    expectedRevision: number,
    limitMs: number,
  ): Promise<AppendAnswer> {
    try {
      const lane = await within(this.#lane(), limitMs);
      return await lane.append(stream, events, expectedRevision, limitMs);
    } catch (error) {
      return {
        answer: 'unknown',
        detail: `The store cannot be reached: ${error instanceof Error ? error.message : error}`,
      };
    }
  }

  /** Follows the log from a position on; system events are left out. */
  follow(after: RemotePosition | undefined): Promise<ReadCall> {
    return this.#read(followRequest(after));
  }

  /** The event at a position; undefined where there is none. Rejects where the store cannot be asked. */
  async eventAt(position: RemotePosition, limitMs: number): Promise<RemoteEvent | undefined> {
    const [answer] = await this.#readAll(eventAtRequest(position), limitMs);
    return answer?.event;
  }

  /** Where the log of the leader ends now; undefined where it is empty. Rejects where the leader cannot be asked. */
  async head(limitMs: number): Promise<RemotePosition | undefined> {
    return headOf(await this.#readAll(tailRequest(), limitMs));
  }

  async #lane(): Promise<AppendLane> {
    const open = this.GRPCStreamCreator(
      grpc.StreamsClient,
      'append',
      (client) => {
        const [metadata, options] = this.callArguments({ requiresLeader: true }, noDeadline);
        const call = client.batchAppend(metadata, options);
        this.#lanes.set(call, new AppendLane(call, () => this.#calls.delete(client)));
        return call;
      },
      this.#calls,
    );
    return this.#lanes.get(await open())!;
  }

  async #readAll(request: ReadReq, limitMs: number): Promise<ReadAnswer[]> {
    return within(
      this.#read(request, limitMs).then((call) => Array.fromAsync<ReadAnswer>(call)),
      limitMs,
    );
  }

  #read(request: ReadReq, limitMs?: number): Promise<ReadCall> {
    const open = this.GRPCStreamCreator(grpc.StreamsClient, 'read', (client) => {
      const limit = limitMs === undefined ? noDeadline : { deadline: this.createDeadline(limitMs) };
      return read(client, request, ...this.callArguments({ requiresLeader: true }, limit));
    });
    return open();
  }
}

const noDeadline = { deadline: Number.POSITIVE_INFINITY };

/** Discovery of the leader has limits of its own, which are longer. */
const within = async <T>(work: Promise<T>, limitMs: number): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new StoreSilent(limitMs)), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
