import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/eventstored.ts';
import { withFolder } from '../vault/kit.ts';
import { fileOf, textOf } from './compose.ts';

/** The Dockerfile's instructions of one kind, lines joined. */
const instructions = (kind: string): string[] =>
  textOf('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1).trim()] : []));

const copied = instructions('COPY').map((line) => line.split(' '));
const jsonOf = (line: string | undefined): string[] => JSON.parse(line!.replace(/^.*?CMD /, ''));

it('.dockerignore lets through what the Dockerfile copies, and nothing else', () => {
  const passed = textOf('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  assert.match(textOf('.dockerignore'), /^\*$/m);
  assert.deepEqual(passed.toSorted(), copied.flatMap((words) => words.slice(0, -1)).toSorted());
});

it(
  'what is copied starts, is found healthy by its own check, and ends when it is told',
  { timeout: 60_000 },
  () =>
    withFolder(async (folder) => {
      const app = join(folder, 'app');
      await mkdir(app);
      for (const words of copied)
        for (const source of words.slice(0, -1))
          await cp(fileOf(source), join(app, source), { recursive: true });
      // Packages are those of this checkout; that development packages are not needed, the direction of imports shows.
      await symlink(fileOf('node_modules'), join(app, 'node_modules'));
      // As in a container: what is not a volume cannot be written, which root would not notice here.
      await chmod(app, 0o555);
      const port = String(await freePort());
      const [variables = ''] = instructions('ENV');
      const env = {
        PATH: process.env.PATH,
        ...Object.fromEntries(
          [...variables.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
        ),
        CONSENT_LEDGER_HOST: '127.0.0.1',
        CONSENT_LEDGER_PORT: port,
        CONSENT_LEDGER_DATA_FOLDER: join(folder, 'data'),
        CONSENT_LEDGER_KEYS_FOLDER: join(folder, 'keys/ledger'),
      };
      const [program, ...main] = jsonOf(instructions('ENTRYPOINT')[0]);
      assert.equal(program, 'node');
      const run = (parameters: string[]) =>
        spawnSync(process.execPath, parameters, { cwd: app, env, encoding: 'utf8' });
      const made = run([...main, 'keys', 'init']);
      assert.equal(made.status, 0, made.stderr);

      const [, ...probe] = jsonOf(instructions('HEALTHCHECK')[0]).map((word) =>
        word.replace(':8080/', `:${port}/`),
      );
      assert.equal(run(probe).status, 1, 'before it is started');
      const child = spawn(process.execPath, [...main, ...jsonOf(instructions('CMD')[0])], {
        cwd: app,
        env,
        stdio: 'ignore',
      });
      const exited = once(child, 'exit');
      try {
        for (let tries = 0; run(probe).status !== 0; tries += 1) {
          assert.ok(tries < 60 && child.exitCode === null, 'it becomes healthy');
          await sleep(200);
        }
      } finally {
        child.kill('SIGTERM');
        await exited;
      }
      assert.equal(child.exitCode, 0);
    }),
);
