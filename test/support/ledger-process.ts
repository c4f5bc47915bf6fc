import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TokenOptions, token } from '../../src/cli/token.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Json, Received } from '../http/kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** How a command ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server in a process of its own, and a client of it with every scope. */
export interface ServedLedger {
  readonly url: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Received>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Received>;
  /** SIGKILL, at once; settles when the process is gone. */
  kill(): Promise<Ended>;
  /** SIGTERM: it finishes what it accepted. */
  stop(): Promise<Ended>;
}

/** A data folder with keys and its configuration, and the program to run on it. */
export interface LedgerFolder {
  readonly config: Config;
  readonly configFile: string;
  /** Runs a command to its end; `onError` is told what it wrote to stderr so far. */
  run(args: readonly string[], onError?: (stderr: string, child: ChildProcess) => void): Promise<Ended>;
  /** `principal`: who its client is. */
  serve(principal?: TokenOptions): Promise<ServedLedger>;
  /** Mints a token of the development issuer. */
  token(options?: TokenOptions): Promise<string>;
}

interface Opening {
  /** Laid over the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** False: the folder has its keys. */
  readonly newKeys?: boolean;
  /** Folder in which compiled code is kept: processes that share one start sooner. */
  readonly compiled?: string;
}

/** Lays a ledger out in `folder`/data. */
export const openLedgerFolder = async (
  folder: string,
  { settings: changes, newKeys = true, compiled = join(folder, 'compiled') }: Opening = {},
): Promise<LedgerFolder> => {
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'config.json');
  const settings = { dataFolder: join(folder, 'data'), port: 0, developmentIssuer: true, ...changes };
  await writeFile(configFile, JSON.stringify(settings));
  const loaded = loadConfig(configFile, {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const { config } = loaded;
  const env = { NODE_COMPILE_CACHE: compiled };
  const start = (args: readonly string[]) =>
    watched(
      spawn(process.execPath, [main, '--config', configFile, ...args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  const mint = (options: TokenOptions = {}) =>
    token({ organisation: 'Organization/a', minutes: 600, ...options }, config, Date.now());
  const ledger: LedgerFolder = {
    config,
    configFile,
    token: mint,
    run: (args, onError) => {
      const { child, said, ended } = start(args);
      if (onError) child.stderr?.on('data', () => onError(said.stderr, child));
      return ended;
    },
    serve: async (principal) => {
      const { child, said, ended } = start(['serve']);
      const port = await new Promise<string>((resolve, reject) => {
        child.stdout?.on('data', () => {
          const [, port] = /"message":"serving","port":(\d+)/.exec(said.stdout) ?? [];
          if (port !== undefined) resolve(port);
        });
        void ended.then(({ stderr }) => reject(new Error(`it did not start:\n${stderr}`)));
      });
      const url = `http://127.0.0.1:${port}`;
      const send = client(url, await mint(principal));
      const end = (signal: NodeJS.Signals) => {
        child.kill(signal);
        return ended;
      };
      return {
        url,
        send,
        post: (path, body, headers) => send('POST', path, body, headers),
        kill: () => end('SIGKILL'),
        stop: () => end('SIGTERM'),
      };
    },
  };
  if (newKeys) {
    const made = await ledger.run(['keys', 'init']);
    assert.equal(made.code, 0, made.stderr);
  }
  return ledger;
};

const watched = (child: ChildProcess) => {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = once(child, 'close').then(([code, killedBy]): Ended => ({ code, killedBy, ...said }));
  return { child, said, ended };
};

const client =
  (url: string, bearer: string): ServedLedger['send'] =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    const json = (isJson ? JSON.parse(text) : {}) as Json;
    return { status: response.status, headers: response.headers, text, json };
  };
