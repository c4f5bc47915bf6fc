import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ExportStart } from '../../src/exports-thread.ts';
import { runJob } from '../../src/reporting/job.ts';
import { aboutOf } from '../../src/reporting/request.ts';
import { logFile } from '../../src/store/sqlite.ts';
import { agent, asked, patientOf, tenant } from './kit.ts';
import { withExportKit } from './with-kit.ts';

it('fails by the code of what passes by itself, where the vault cannot be reached as it begins', () =>
  withExportKit(async ({ ledger, exportEvidence }, folder) => {
    const { config, projections } = ledger;
    const { dataFolder, keysFolder, reportSigning } = config;
    const exportId = randomUUID();
    const start: ExportStart = {
      places: {
        ...{ keysFolder, reportSigning, logFile: logFile(dataFolder) },
        vault: { kind: 'postgres', url: 'postgresql://nobody@127.0.0.1:1/vault', tls: 'off', connections: 1 },
      },
      modelsFolder: projections.folder()!,
      ...{ file: join(folder, `${exportId}.db`), keyId: randomUUID(), earlier: [] },
      about: aboutOf(asked([patientOf('P-1')]), exportId, tenant, agent, Date.now()),
    };
    const entry = new URL('../../src/exports-thread.ts', import.meta.url);
    const parts = { entry, start, evidence: exportEvidence, counted: async () => true, onUnsigned: () => {} };
    const outcome = await runJob(parts, AbortSignal.timeout(60_000), () => {});
    assert.equal(outcome?.ok === false && outcome.error.code, 'vault-unavailable');
  }));
