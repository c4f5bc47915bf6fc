import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settings } from '../../schemas/settings.ts';
import type { ImportServices } from '../../src/cli/import/import-one.ts';
import type { Item } from '../../src/cli/import/input.ts';
import type { ImportReport } from '../../src/cli/import/report.ts';
import { type ImportRun, runImport } from '../../src/cli/import/run.ts';
import { type ImportOptions, importConsents } from '../../src/cli/import.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import type { PatientEvent } from '../../src/consent/state.ts';
import { Forms } from '../../src/record/forms.ts';
import { VaultUnavailable } from '../../src/vault/port.ts';
import { actor, choices, hl7Examples, hl7Folder, optIn, r4, r5 } from '../fhir/kit.ts';
import { agent, good, openRecordKit, type RecordKit, tenant } from '../record/kit.ts';
import { withFolder } from '../vault/kit.ts';

interface Kit extends RecordKit {
  readonly folder: string;
  readonly services: ImportServices & { readonly forms: Forms };
  /** Imports these resources, in this order. */
  run(resources: readonly unknown[], run?: Partial<ImportRun>): Promise<ImportReport>;
  /** Runs the command; its exit code and what it prints. */
  command(inputs: string[], options?: ImportOptions): Promise<{ code: number; text: string }>;
  events(patient: string): Promise<PatientEvent[]>;
}

const test = (what: string, body: (kit: Kit) => Promise<void>): void => {
  it(what, { timeout: 60_000 }, () =>
    withFolder(async (folder) => {
      const kit = await openRecordKit(folder);
      const { store, keyring, records } = kit;
      const forms = new Forms({ store, log: store, keyring, uuid: randomUUID });
      const policy = good(compilePolicy(settings.parse({})));
      const services = { records, keyring, forms, policy, clock: Date.now };
      const common = { tenant, agent, choices: choices(), inFlight: 16 };
      try {
        await body({
          ...kit,
          folder,
          services,
          run: (resources, run) => runImport(itemsOf(resources), services, { ...common, ...run }),
          command: async (inputs, options = {}) => {
            const written: string[] = [];
            const stdout = sink(written);
            const code = await importConsents(inputs, { tenant, ...options }, services, {
              stdout,
              stderr: sink([]),
            });
            return { code, text: written.join('') };
          },
          events: async (patient) => {
            const key = await keyring.find(tenant, { system: 'urn:consent-ledger:fhir', value: patient });
            return key === undefined ? [] : good(await records.history(tenant, key, 0, 1000));
          },
        });
      } finally {
        await kit.close();
      }
    }),
  );
};

async function* itemsOf(resources: readonly unknown[]): AsyncGenerator<Item> {
  for (const [n, resource] of resources.entries()) yield { origin: `input:${n}`, resource };
}

/** A terminal that is none. */
const sink = (written: string[]) =>
  new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk));
      done();
    },
  }) as unknown as NodeJS.WriteStream;

const counted = ({ counts }: ImportReport) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

test('S8.5 HL7’s examples: the same input twice changes nothing, and still says whom it blocks', async (kit) => {
  const first = await kit.run([...hl7Examples.values()]);
  assert.deepEqual(counted(first), { granted: 13, unreadable: 11 });
  assert.equal(first.read, 24);
  const head = kit.store.head();
  const second = await kit.run([...hl7Examples.values()]);
  assert.deepEqual(counted(second), { unchanged: 24 });
  assert.equal(kit.store.head(), head);
  // Where R4 and R5 have an example of one id and patient, the R5 one was read in its place.
  const blocked = ({ lines }: ImportReport) =>
    lines.flatMap(({ resource, blocks }) => (blocks ? [resource] : []));
  assert.deepEqual(blocked(first).sort(), [
    'Consent/consent-example-basic',
    'Consent/consent-example-grantor',
    'Consent/consent-example-notThem',
    'Consent/consent-example-signature',
  ]);
  assert.deepEqual(blocked(second).sort(), blocked(first).sort());
  assert.equal(first.blocking, 4);
});

test('S8.6 the report says what was refused, where, and whom it leaves blocked, and names no patient', async (kit) => {
  const identifier = { system: 'urn:oid:1.2.3', value: 'CANARY' };
  const report = await kit.run([
    r4({ actor: [actor('PRCP', 'Practitioner/CANARY')] }, { ...optIn, patient: { identifier } }),
    r5('permit', undefined, { id: 'c2', subject: { display: 'CANARY' } }),
    r5('permit', undefined, { id: 'c3', status: 'draft' }),
  ]);
  assert.deepEqual(report.lines, [
    {
      origin: 'input:1',
      resource: 'Consent/c2',
      outcome: 'refused',
      path: 'Consent.subject',
      reason: 'no patient that can be named',
    },
    {
      origin: 'input:2',
      resource: 'Consent/c3',
      outcome: 'left',
      path: 'Consent.status',
      reason: 'the status draft has no effect',
    },
    {
      origin: 'input:0',
      resource: 'Consent/c1',
      outcome: 'unreadable',
      path: 'Consent.provision.type',
      reason: 'ambiguous: a root without a type may be what the policy says, or an exception to it',
      blocks: true,
    },
  ]);
  assert.ok(!JSON.stringify(report).includes('CANARY'));
});

test('S8.6 what is only reported leaves nobody blocked, and leaves the record as it was', async (kit) => {
  const backward = r5('deny', undefined, { period: { start: '2026', end: '2025' } });
  const before = await kit.vault.epochs();
  const report = await kit.run([r4({ type: 'deny', secret: 1 }), backward], {
    choices: choices({ refused: 'report-only' }),
  });
  assert.deepEqual(counted(report), { refused: 2 });
  assert.deepEqual(
    report.lines.map(({ path }) => path),
    ['Consent.provision.secret', 'Consent.period'],
  );
  assert.deepEqual(await kit.events('Patient/p1'), []);
  assert.deepEqual(await kit.vault.epochs(), before, 'nobody was admitted for it');
});

test('S8.5 consents of one patient are carried out in the order of the input', async (kit) => {
  const versions = Array.from({ length: 40 }, (_, n) => r5('permit', undefined, { language: `v${n}` }));
  const report = await kit.run([...versions, { ...versions[0], status: 'inactive' }]);
  assert.deepEqual(counted(report), { granted: 40, revoked: 1 });
  const events = await kit.events('Patient/p1');
  const languages = events.flatMap(({ type, payload }) =>
    type === 'ConsentGranted' ? [payload.fhir?.resource.language] : [],
  );
  assert.deepEqual(
    languages,
    versions.map(({ language }) => language),
  );
  assert.equal(events.filter(({ type }) => type === 'ConsentRevoked').length, 40);
});

test('S8.5 the same versions of one resource twice: the second time nothing', async (kit) => {
  const ended = { ...r5('permit'), status: 'inactive' };
  for (const input of [
    [r5('deny'), r5('permit')],
    [r5('permit'), r5('deny'), r5('permit')],
    [r5('deny'), r5('permit'), r5('deny'), ended],
  ]) {
    const subject = { reference: `Patient/${randomUUID()}` };
    const versions = input.map((version) => ({ ...version, subject }));
    await kit.run(versions);
    const head = kit.store.head();
    assert.deepEqual(counted(await kit.run(versions)), { unchanged: versions.length });
    assert.equal(kit.store.head(), head);
  }
});

test('S8.5 a resource that goes back to an older content is granted anew, and the report says so', async (kit) => {
  await kit.run([r5('deny'), r5('permit')]);
  const report = await kit.run([r5('deny')]);
  assert.deepEqual(counted(report), { granted: 1 });
  assert.equal(report.lines[0]?.reason, 'goes back to what it said before');
  const [first, second, again] = await kit.events('Patient/p1');
  assert.ok(first?.type === 'ConsentGranted' && second?.type === 'ConsentGranted');
  assert.ok(again?.type === 'ConsentGranted' && again.payload.rules?.[0]?.type === 'deny');
  assert.deepEqual(again.payload.replaces, [first.payload.consentId, second.payload.consentId]);
  assert.deepEqual(counted(await kit.run([r5('deny')])), { unchanged: 1 });
});

test('S8.5 within one input: back, or only on the way to what comes later', async (kit) => {
  const said = async (input: readonly unknown[]) => {
    const subject = { reference: `Patient/${randomUUID()}` };
    const report = await kit.run(input.map((version) => ({ ...(version as object), subject })));
    const events = await kit.events(subject.reference);
    const types = events.map(({ type, payload }) => ('rules' in payload ? payload.rules?.[0]?.type : type));
    return { ...counted(report), types };
  };
  const [deny, permit] = [r5('deny'), r5('permit')];
  assert.deepEqual(await said([deny, permit, deny]), { granted: 3, types: ['deny', 'permit', 'deny'] });
  assert.deepEqual(await said([deny, permit, deny, permit]), {
    granted: 2,
    unchanged: 2,
    types: ['deny', 'permit'],
  });
  assert.deepEqual(await said([deny, permit, deny, { ...deny, status: 'inactive' }]), {
    granted: 2,
    unchanged: 1,
    revoked: 1,
    types: ['deny', 'permit', 'ConsentRevoked', 'ConsentRevoked'],
  });
});

test('S8.5 an import that was stopped goes on where it was, and doubles nothing', async (kit) => {
  const resources = Array.from({ length: 60 }, (_, n) => r5('deny', undefined, { id: `c${n}` }));
  const stop = new AbortController();
  const stopped = await kit.run(resources, {
    inFlight: 4,
    signal: stop.signal,
    onCount: (consents) => consents >= 20 && stop.abort(),
  });
  assert.equal(stopped.interrupted, true);
  const done = stopped.counts.granted;
  assert.ok(done >= 20 && done < 60, `${done} done`);
  const rest = await kit.run(resources);
  assert.deepEqual(counted(rest), { granted: 60 - done, unchanged: done });
  assert.equal((await kit.events('Patient/p1')).length, 60);
});

test('S8.5 ids come of the patient’s own key: two patients, two ids, and none without the key', async (kit) => {
  const ofAnother = r5('deny', undefined, { subject: { reference: 'Patient/p2' } });
  await kit.run([r5('deny'), ofAnother]);
  const [one] = await kit.events('Patient/p1');
  const [other] = await kit.events('Patient/p2');
  assert.ok(one?.type === 'ConsentGranted' && other?.type === 'ConsentGranted');
  assert.notEqual(one.payload.consentId, other.payload.consentId);
  assert.match(
    one.payload.consentId,
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('S8.5 an end of what was never granted knows nobody, and changes nothing', async (kit) => {
  const report = await kit.run([r5('deny', undefined, { status: 'inactive' })]);
  assert.deepEqual(counted(report), { unchanged: 1 });
  const patient = { system: 'urn:consent-ledger:fhir', value: 'Patient/p1' };
  assert.equal(await kit.keyring.find(tenant, patient), undefined);
});

test('S8.5 policy.uri names the published form, of which there must be one version', async (kit) => {
  const publish = async (version: string) =>
    good(
      await kit.services.forms.publish(
        tenant,
        {
          formId: 'urn:oid:1.2',
          version,
          combining: 'replacing',
          title: 'A form',
          language: 'en',
          textSha256: '0'.repeat(64),
          agent,
        },
        {},
      ),
    );
  const resource = (id: string) => r4({ type: 'deny' }, { id, policy: [{ uri: 'urn:oid:1.2' }] });
  const run = { choices: choices({ policyUri: 'as-form' }) };
  assert.deepEqual(counted(await kit.run([resource('c1')], run)), { unreadable: 1 });
  await publish('1');
  assert.deepEqual(counted(await kit.run([resource('c1')], run)), { granted: 1 });
  await publish('2');
  const two = await kit.run([resource('c2')], run);
  assert.equal(two.lines[0]?.path, 'Consent.policy[0].uri');
});

test('where the vault cannot be reached the import ends, and says what is to be imported again', async (kit) => {
  const admit = async () => {
    throw new VaultUnavailable('away');
  };
  const resources = Array.from({ length: 50 }, (_, n) => r5('deny', undefined, { id: `c${n}` }));
  const services = { ...kit.services, keyring: { ...kit.keyring, admit } };
  const run = { tenant, agent, choices: choices(), inFlight: 2 };
  const report = await runImport(itemsOf(resources), services, run);
  assert.equal(report.interrupted, true);
  assert.ok(report.counts.failed > 0 && report.counts.failed < 50);
  assert.equal(report.lines[0]?.reason, 'vault-unavailable');
});

test('the command imports folders, lines and Bundles, prints the report and writes it for the operator alone', async (kit) => {
  const { folder } = kit;
  const lines = join(folder, 'a.ndjson');
  await writeFile(lines, `${JSON.stringify(r5('deny', undefined, { id: 'l1' }))}\nnot JSON\n`);
  const bundle = join(folder, 'b.json');
  const entry = [
    { resource: r5('deny', undefined, { id: 'b1' }) },
    { resource: { resourceType: 'Patient', id: 'p1' } },
  ];
  await writeFile(bundle, JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }));
  const reportFile = join(folder, 'report.json');
  const examples = fileURLToPath(new URL('r4', hl7Folder));
  const { code, text } = await kit.command([lines, bundle, examples], { report: reportFile, inFlight: 8 });
  assert.equal(code, 1);
  assert.match(text, /^consents read +15$/m);
  assert.match(text, /^granted +3$/m);
  assert.match(text, /^unreadable +11$/m);
  assert.match(text, /^failed +1$/m);
  assert.match(text, /^not a Consent: Patient +1$/m);
  assert.match(text, /a\.ndjson:2\n +not JSON/);
  assert.match(text, /11 stand unread/);
  const report = JSON.parse(await readFile(reportFile, 'utf8')) as ImportReport;
  assert.equal(report.lines.length, 12);
  assert.equal((await stat(reportFile)).mode & 0o777, 0o600);
  await writeFile(lines, '');
  assert.equal((await kit.command([lines, bundle, examples])).code, 0);
});

test('the command refuses an option that is wrong before it reads anything', async (kit) => {
  await assert.rejects(kit.command([kit.folder], { untypedRoot: 'guess' as 'refuse' }));
  await assert.rejects(kit.command([kit.folder], { inFlight: 0 }));
});
