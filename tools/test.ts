import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/**
 * All that must hold, from formatting to the tests: `npm test`. With patterns of files, those tests alone:
 * `npm test -- 'test/store/*.test.ts'`. Ends with one line, `N passed, N failed[, N skipped]`.
 */
const checks: readonly (readonly [name: string, command: string, ...parameters: string[]])[] = [
  ['formatting and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  [
    'direction of imports',
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '{src,schemas,reports}/**/*.ts',
  ],
  ['house rules', 'node', 'tools/house-rules.ts'],
  ['generated files', 'node', 'tools/generate.ts', '--check'],
  ['coverage of the semantics', 'node', 'tools/semantics-table.ts', '--check'],
];

/** Milliseconds for all tests: far more than a slow machine takes. */
const longestRunMs = 1_800_000;

const count = { passed: 0, failed: 0, skipped: 0 };

/** Runs each check; what it says is shown only where it fails. */
const runChecks = (): void => {
  for (const [name, command, ...parameters] of checks) {
    const { status, stdout, stderr, error } = spawnSync(command, parameters, { encoding: 'utf8' });
    count[status === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    if (status !== 0) console.log(error ?? `${stdout}${stderr}`);
  }
};

/** Runs each file in a process of its own; says of each how it went, then what failed, and why some were skipped. */
const runTests = async (globPatterns: string[]): Promise<void> => {
  const notes: string[] = [];
  const note = (kind: 'passed' | 'failed' | 'skipped', text: string) => {
    count[kind] += 1;
    if (kind !== 'passed') notes.push(`${kind}: ${text}`);
  };
  const unheard = new Set(globSync(globPatterns));
  // Not `forceExit`: a process that is made to end loses what it was still saying of its tests. What keeps one from
  // ending (a server that a failed test left behind) ends the run at last.
  const events = run({
    signal: AbortSignal.timeout(longestRunMs),
    globPatterns,
    execArgv: ['--import', fileURLToPath(new URL('./end-test.ts', import.meta.url))],
    concurrency: availableParallelism(),
    timeout: 180_000,
  });
  events.on('test:pass', ({ name, file, details, skip, todo }) => {
    const why = skip ?? todo;
    if (why !== undefined) note('skipped', `${place(file)}: ${name}: ${why === true ? 'no reason' : why}`);
    else if (name === place(file)) note('failed', `${name} holds no test`);
    else if (details.type !== 'suite') note('passed', name);
  });
  events.on('test:fail', ({ name, file, details: { error } }) => {
    // A suite whose tests failed has failed with them; one that failed of itself counts.
    if ('failureType' in error && error.failureType === 'subtestsFailed') return;
    note('failed', `${place(file)}: ${name}\n${inspect(error.cause ?? error)}`);
  });
  events.on('test:stderr', ({ file, message }) => process.stderr.write(`${place(file)}: ${message}`));
  events.on('test:diagnostic', ({ file, message }) => {
    if (file !== undefined) console.log(`       ${place(file)}: ${message}`);
  });
  events.on('test:summary', ({ file, counts, duration_ms, success }) => {
    if (file === undefined) return;
    unheard.delete(place(file));
    const word = success ? 'ok    ' : 'FAILED';
    console.log(`${word} ${place(file)} (${counts.tests} in ${Math.round(duration_ms)} ms)`);
  });
  for await (const _ of events);
  for (const file of unheard) note('failed', `${file} did not say how all of its tests went`);
  for (const text of notes) console.log(text);
};

const place = (file: string | undefined): string => (file === undefined ? '' : relative('.', file));

const patterns = process.argv.slice(2);
if (patterns.length === 0) runChecks();
await runTests(patterns.length === 0 ? ['test/**/*.test.ts'] : patterns);
const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;
