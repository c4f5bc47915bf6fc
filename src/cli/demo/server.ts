import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../main.ts', import.meta.url));

/** Runs a command of this program to its end; rejects, with what it said, when it fails. */
export const run = async (args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} failed:\n${said.err}${said.out}`);
  return said.out;
};

/** A server of this program in a process of its own, so that it can be killed. */
export interface DemoServer {
  readonly url: string;
  /** SIGKILL: no goodbye, as in a power cut. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server on the configuration file and waits until it is ready. */
export const startServer = async (configFile: string, port: number): Promise<DemoServer> => {
  const child = spawn(process.execPath, [main, '--config', configFile, 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`the server did not start:\n${said}`);
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.ok) return { url, kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await end(child, 'SIGKILL');
  throw new Error(`the server did not become ready:\n${said}`);
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
};
