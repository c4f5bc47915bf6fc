import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { z } from 'zod';
import { problem } from '../../schemas/http/common.ts';
import type { ApiRoute } from '../../schemas/http/route.ts';
import { apiRoutes } from '../../schemas/http/routes.ts';
import { startService } from '../../src/app.ts';
import { type TokenOptions, token } from '../../src/cli/token.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { makeSelfSigned } from '../../src/pades/self-signed.ts';
import { selfSignedFiles } from '../../src/report-signing.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { initKeys } from '../../src/vault/keystore.ts';

/** Every test is sent to the real service, over HTTP, on a data folder of its own. */
export interface TestService {
  readonly url: string;
  readonly folder: string;
  readonly config: Config;
  /** The lines that it logged. */
  readonly lines: string[];
  token(options?: TokenOptions): Promise<string>;
  send(method: string, path: string, options?: Sent): Promise<Received>;
  /** Sends a body as a principal with every scope. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Received>;
  get(path: string): Promise<Received>;
  stop(): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Null: none. Absent: of a principal with every scope. */
  readonly token?: string | null;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}
export interface Json {
  readonly [name: string]: Json;
  readonly [at: number]: Json;
}

export const newFolder = () => mkdtemp(join(tmpdir(), 'consent-ledger-http-'));

/** Starts the service; `changes` are laid over its configuration file. */
export const openTestService = async (
  changes: Readonly<Record<string, unknown>> = {},
  existing?: string,
): Promise<TestService> => {
  const folder = existing ?? (await newFolder());
  const dataFolder = join(folder, 'data');
  const file = join(folder, 'config.json');
  const settings = { dataFolder, port: 0, developmentIssuer: true, logLevel: 'debug', ...changes };
  await writeFile(file, JSON.stringify(settings));
  const loaded = loadConfig(file, {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { config } = loaded;
  if (existing === undefined) {
    await initKeys(config.keysFolder, Date.now());
    await makeSelfSigned(selfSignedFiles(config.keysFolder), Date.now());
  }
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const service = await startService(config, createLog({ level: config.logLevel, stream }));
  const url = `http://127.0.0.1:${service.port}`;
  const mint = (options: TokenOptions = {}) =>
    token({ tenant: 'tenant-a', organisation: 'Organization/a', ...options }, config, Date.now());
  const everything = await mint();

  const send = async (
    method: string,
    path: string,
    { body, headers, token: bearer = everything }: Sent = {},
  ) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
  };
  const stop = once(() => service.stop());
  return {
    url,
    folder,
    config,
    lines,
    token: mint,
    send,
    post: (path, body, headers = {}) => send('POST', path, { body, headers }),
    get: (path) => send('GET', path),
    stop,
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const once = (work: () => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
};

type RouteId = keyof typeof apiRoutes;

/** The body of an answer, which must have the status and the shape that the contract gives this operation. */
export const answered = <Id extends RouteId>(
  id: Id,
  received: Received,
): z.output<(typeof apiRoutes)[Id]['response']> => {
  const route: ApiRoute = apiRoutes[id];
  assert.equal(received.status, route.status, received.text);
  return route.response.parse(received.json) as z.output<(typeof apiRoutes)[Id]['response']>;
};

/** The problem that was answered, which must be one of this code. */
export const refusedWith = (code: z.infer<typeof problem>['code'], received: Received) => {
  assert.match(received.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const body = problem.parse(received.json);
  assert.equal(body.code, code, received.text);
  assert.equal(body.status, received.status);
  return body;
};

export const purpose = (code: string) => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  code,
});
export const patientOf = (value: string) => ({ system: 'urn:oid:1.2.3', value });

/** A consent to treatment by one organisation, and to nothing else. */
export const grantFor = (patient: { system: string; value: string }, changes: object = {}) => ({
  patient,
  signedAt: '2026-01-01',
  otherwise: 'deny',
  rules: [{ type: 'permit', recipient: [{ reference: 'Organization/a' }], purpose: [purpose('TREAT')] }],
  ...changes,
});

export const questionOf = (changes: object = {}) => ({
  recipient: { reference: 'Organization/a', memberOf: [], roles: [] },
  purpose: purpose('TREAT'),
  action: 'access',
  ...changes,
});
