#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { Argument, Command } from 'commander';
import { eventDefinitions } from '../schemas/events/registry.ts';
import { type Ledger, modelsFolder, openLedger, openLedgerEvidence, startService } from './app.ts';
import { type BackupKind, backupKinds } from './cli/backup/manifest.ts';
import { backup } from './cli/backup.ts';
import { demo } from './cli/demo.ts';
import { drill } from './cli/drill.ts';
import { checkpointCommand, rotateSigningCommand, verifiersCommand } from './cli/evidence.ts';
import { type ExportOptions, exportCommand, exportOptions, exportsCommand } from './cli/export.ts';
import { addOptions } from './cli/flags.ts';
import { fsck } from './cli/fsck.ts';
import { type ImportOptions, importConsents, importOptions } from './cli/import.ts';
import { initKeysCommand, keysStatusCommand, rotateKeysCommand } from './cli/keys.ts';
import { progressOf } from './cli/progress.ts';
import { rebuildCommand } from './cli/rebuild.ts';
import { checkReportSignerCommand, initReportSignerCommand } from './cli/report-signer.ts';
import { type Backups, restore } from './cli/restore.ts';
import { serve } from './cli/serve.ts';
import { type TokenOptions, token, tokenOptions } from './cli/token.ts';
import { exitCodes, type VerifyOptions, verifyCommand } from './cli/verify.ts';
import { type Config, loadConfig } from './config.ts';
import { openLedgerExports } from './ledger-exports.ts';
import type { Exports } from './reporting/port.ts';
import { logFile } from './store/sqlite.ts';
import { createLog } from './telemetry/log.ts';

const program = new Command('consent-ledger')
  .description('Records consent, answers whether data may be used, and proves it.')
  .option(
    '-c, --config <file>',
    'JSON file with settings; environment variables override it (docs/configuration.md)',
  )
  .showHelpAfterError('(add --help for the commands and options)');

const configured = (): Config => {
  const loaded = loadConfig(program.opts<{ config?: string }>().config);
  if (loaded.ok) return loaded.config;
  const lines = loaded.problems.map(({ setting, rule }) => `  ${setting}: ${rule}`);
  throw new Error(['The configuration is wrong:', ...lines].join('\n'));
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** How long the read models may take to catch up with the log before they are checked. */
const catchUpMs = 600_000;

/** Aborted by SIGINT and SIGTERM: long work ends after what is under way. */
const interrupted = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
};

/** Runs a command on the opened ledger, and gives the data folder back whatever happens. */
const onLedger = async (work: (ledger: Ledger) => Promise<void>): Promise<void> => {
  const ledger = await openLedger(configured());
  try {
    await work(ledger);
  } finally {
    await ledger.close();
  }
};

program
  .command('serve')
  .description('answer checks and record consents over HTTP, until it is told to stop')
  .action(async () => {
    const config = configured();
    const log = createLog({ level: config.logLevel, stream: process.stdout });
    await serve(() => startService(config, log), config.announcements, log);
  });

program
  .command('demo')
  .description('the main job end to end, on HL7’s published consents, in a folder of its own')
  .argument(
    '[folder]',
    'FHIR consents to import',
    new URL('../test/data/hl7-consents', import.meta.url).pathname,
  )
  .action((folder: string) => demo(folder, process.stdout));

const importing = program
  .command('import')
  .description('record FHIR R4 and R5 Consents: files, NDJSON, Bundles, or folders of them')
  .argument('<inputs...>', 'files and folders')
  .action((inputs: string[], options: ImportOptions) =>
    onLedger(async ({ records, keyring, forms, clock, config: { policy } }) => {
      process.exitCode = await importConsents(inputs, options, { records, keyring, forms, policy, clock });
    }),
  );
addOptions(importing, importOptions);

program
  .command('rebuild')
  .description('build the read models anew from the log')
  .action(() =>
    onLedger(async ({ projections }) =>
      say(await rebuildCommand(projections, progressOf('Rebuilding'), interrupted())),
    ),
  );

program
  .command('fsck')
  .description('check the log, every envelope, and that the read models are what the log says')
  .action(() =>
    onLedger(async ({ store, keyring, projections, served, rebuilt }) => {
      await projections.caughtUp(catchUpMs);
      const parts = { log: store, keyring, definitions: eventDefinitions, models: served, rebuilt };
      const { lines, clean } = await fsck(parts, progressOf);
      say(lines.join('\n'));
      if (!clean) process.exitCode = 1;
    }),
  );

program
  .command('checkpoint')
  .description('have a checkpoint signed, and print it')
  .action(() =>
    onLedger(async (ledger) => {
      const { evidence, close } = await openLedgerEvidence(ledger);
      try {
        say(await checkpointCommand(evidence));
      } finally {
        await close();
      }
    }),
  );

program
  .command('verify')
  .description('check an export offline, from the file alone: exit code 0 valid, 1 not valid, 2 not verified')
  .argument('<file>', 'the PDF, or the evidence.jsonl attached to it')
  .requiredOption(
    '--trust <keys>',
    'file of keys: of the ledger (C2SP vkey), and certificates (PEM) for the PDF',
  )
  .option('--previous <file>', 'an earlier export or checkpoint that was kept: the log must go on from it')
  .option('--json', 'the verdict as JSON')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.notVerified))
  .action(async (file: string, options: VerifyOptions) => {
    const { exitCode, text } = await verifyCommand(file, options, Date.now(), progressOf);
    say(text);
    process.exitCode = exitCode;
  });

/** Runs a command on the exports of the opened ledger. */
const onExports = (work: (exports: Exports, ledger: Ledger) => Promise<void>): Promise<void> =>
  onLedger(async (ledger) => {
    const evidence = await openLedgerEvidence(ledger);
    try {
      const exports = await openLedgerExports(ledger, evidence.exports, {
        onTrouble: () => {},
        onUnsigned: ({ reason, setting = 'the document' }) =>
          process.stderr.write(`Not signed: ${reason} (${setting}); see "keys check-report-signer".\n`),
      });
      try {
        await work(exports, ledger);
      } finally {
        await exports.close();
      }
    } finally {
      await evidence.close();
    }
  });

const exporting = program
  .command('export')
  .description('make a signed report for a regulator or a patient; the service must not run')
  .action((options: ExportOptions) =>
    onExports(async (exports, { config }) => {
      const { timeZone } = config.policy.settings;
      process.exitCode = await exportCommand(options, { exports, timeZone }, interrupted(), say);
    }),
  );
addOptions(exporting, exportOptions);

program
  .command('exports')
  .description('the exports that there are, newest first')
  .option('--tenant <text>', 'Tenant (default: default)', 'default')
  .action(({ tenant }: { tenant: string }) =>
    onExports(async (exports) => say(await exportsCommand(exports, tenant))),
  );

program
  .command('backup')
  .description('copy the embedded log or vault, each into a new folder of its own; the service may run')
  .addArgument(new Argument('<what>', 'what is copied: the log first, then the vault').choices(backupKinds))
  .argument('<folder>', 'where the copy is to be, with its checksum')
  .action(async (kind: BackupKind, folder: string) =>
    say(await backup(kind, folder, configured(), Date.now(), progressOf, interrupted())),
  );

program
  .command('restore')
  .description('place backups into an empty data folder, check them, and reconcile the vault with the log')
  .option('--log <folder>', 'a backup of the log; where the events are in the data folder')
  .option('--vault <folder>', 'a backup of the vault; where the vault is in the data folder')
  .action(async (backups: Backups) => {
    const config = configured();
    const verify = async () => {
      const { destroyedAgain, close } = await openLedger(config);
      await close();
      return { destroyedAgain };
    };
    say(await restore(backups, config, verify, progressOf, interrupted()));
  });

program
  .command('drill')
  .description('delete the read models, and the replica of a remote store; build them anew and compare')
  .action(async () => {
    const config = configured();
    const open = async (onHead: (head: number) => void) => {
      const { store, projections, served, close } = await openLedger(config, Date.now, onHead);
      return { log: store, projections, digest: served, close };
    };
    const { dataFolder, store } = config;
    const replica = store === 'eventstoredb' ? logFile(dataFolder) : undefined;
    const deleted = { modelsFolder: modelsFolder(dataFolder), replica };
    say(await drill(open, deleted, progressOf, interrupted()));
  });

program
  .command('bench')
  .description('measure against floors in the same run (needs the sources; arguments as for npm run bench)')
  .allowUnknownOption()
  .argument('[options...]')
  .action((options: string[]) => {
    const bench = new URL('../test/bench/run.ts', import.meta.url).pathname;
    process.exitCode = spawnSync(process.execPath, [bench, ...options], { stdio: 'inherit' }).status ?? 1;
  });

const minting = program
  .command('token')
  .description('mint an access token of the development issuer, which must be on')
  .action(async (options: TokenOptions) => say(await token(options, configured(), Date.now())));
addOptions(minting, tokenOptions);

const keys = program.command('keys').description('the keys that everything about a person is sealed with');
keys
  .command('init')
  .description('make new keys for a new ledger; never in the place of others')
  .action(async () => say(await initKeysCommand(configured(), Date.now())));
keys
  .command('init-report-signer')
  .description('make a self-signed key that signs reports; never in the place of another')
  .action(async () => say(await initReportSignerCommand(configured(), Date.now())));
keys
  .command('check-report-signer')
  .description('say whether reports can be signed now: key, certificates, timestamp authority')
  .action(async () => say(await checkReportSignerCommand(configured(), Date.now())));
keys
  .command('status')
  .description('the epochs, and how many data keys hang on each')
  .action(async () => say(await keysStatusCommand(configured())));
keys
  .command('rotate')
  .description('wrap every data key under a new epoch and destroy the old one’s key; the service goes on')
  .action(async () =>
    say(await rotateKeysCommand(configured(), Date.now, progressOf('Rotating'), interrupted())),
  );

keys
  .command('verifiers')
  .description('the keys by which others check what this ledger signed (C2SP vkey)')
  .action(async () => {
    const config = configured();
    say(await verifiersCommand(config, config.evidence.origin, Date.now()));
  });
keys
  .command('rotate-signing')
  .description('add a signing key, which signs beside the last one; the service must not run')
  .action(async () => {
    const config = configured();
    say(await rotateSigningCommand(config, config.evidence.origin, Date.now()));
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
}
// By now all is closed. Where a connection to EventStoreDB was cut, Node was seen to wait for ever for what it was still
// sending, as it closes what is left; this ends the process before that.
process.once('exit', () => process.exit());
