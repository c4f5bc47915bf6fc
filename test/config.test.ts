import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { describeConfig } from '../src/config/schema.ts';
import { type Config, loadConfig } from '../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'consent-ledger-config-'));
after(() => rmSync(folder, { recursive: true }));

const fileOf = (content: unknown): string => {
  const file = join(folder, 'config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};

const accepted = (file?: string, environment: Record<string, string> = {}): Config => {
  const loaded = loadConfig(file, environment);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
};

const refused = (file?: string, environment: Record<string, string> = {}) => {
  const loaded = loadConfig(file, environment);
  assert.ok(!loaded.ok, 'should have been refused');
  return loaded.problems;
};

const issuer = { issuer: 'https://id.example', audience: 'ledger', jwksFile: 'keys.json' };

describe('configuration', () => {
  it('has safe defaults, and says what is still missing', () => {
    const config = accepted();
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8080);
    assert.equal(config.developmentIssuer, false);
    assert.equal(config.dataFolder, resolve('data'));
    assert.equal(config.keysFolder, resolve('data/keys'));
    assert.equal(config.limits.bodyBytes, 256 * 1024);
    assert.equal(config.settings.timeZone, 'UTC');
    assert.equal(config.policy.settings, config.settings);
    assert.match(config.announcements.join('\n'), /No issuer.*\n.*keys lie in the data folder/);
  });

  it('takes the file over the defaults and the environment over the file', () => {
    const file = fileOf({ port: 1000, host: 'localhost', limits: { jsonDepth: 10 }, issuers: [issuer] });
    const config = accepted(file, {
      CONSENT_LEDGER_PORT: '2000',
      CONSENT_LEDGER_LIMITS_BODY_BYTES: '2048',
      CONSENT_LEDGER_SETTINGS_IMPLICIT_POLICY_UNKNOWN_PATIENTS: 'true',
      CONSENT_LEDGER_DATA_FOLDER: '2024',
      HOME: '/nowhere',
    });
    assert.equal(config.port, 2000);
    assert.equal(config.host, 'localhost');
    assert.deepEqual([config.limits.jsonDepth, config.limits.bodyBytes], [10, 2048]);
    assert.equal(config.settings.implicitPolicy.unknownPatients, true);
    assert.equal(config.dataFolder, resolve('2024'), 'a text stays a text');
    assert.equal(config.issuers[0]?.clockToleranceSeconds, 30);
  });

  it('finds the file by CONSENT_LEDGER_CONFIG, and an argument wins over that', () => {
    const file = fileOf({ port: 3000 });
    assert.equal(accepted(undefined, { CONSENT_LEDGER_CONFIG: file }).port, 3000);
    assert.equal(accepted(file, { CONSENT_LEDGER_CONFIG: '/nowhere' }).port, 3000);
  });

  it('has a variable for each scalar outside a list, and each is read', () => {
    const variables = describeConfig().flatMap(({ variable }) => variable ?? []);
    assert.ok(variables.length >= 15);
    for (const variable of variables) {
      const value = '\u0000canary';
      const problems = loadConfig(undefined, { [variable]: value });
      // Where the key that signs reports is takes several settings: one alone is told what is needed with it.
      if (/REPORT_SIGNING_.*(FILE|LABEL|URL)$/.test(variable)) {
        assert.ok(!problems.ok && problems.problems.some(({ rule }) => rule.startsWith('needed')), variable);
        continue;
      }
      const text = variable === 'CONSENT_LEDGER_DATA_FOLDER' || /KEYS_FOLDER|HOST$|_FILE$/.test(variable);
      if (text) assert.ok(problems.ok, variable);
      else assert.deepEqual(!problems.ok && problems.problems.map(({ setting }) => setting), [variable]);
    }
  });

  it('lists all that is wrong at once, each by its name and rule', () => {
    const file = fileOf({
      port: 'many',
      limits: { bodyBytes: 1, colour: 'red' },
      issuers: [{ ...issuer, algorithms: ['none'] }],
      shoeSize: 43,
      settings: { timeZone: 'Mars/Olympus' },
    });
    const problems = refused(file, { CONSENT_LEDGER_LOG_LEVEL: 'shout', CONSENT_LEDGER_PROT: '1' });
    assert.deepEqual(
      problems.map(({ setting }) => setting).sort(),
      [
        'CONSENT_LEDGER_LOG_LEVEL',
        'CONSENT_LEDGER_PROT',
        'issuers.0.algorithms.0',
        'limits.bodyBytes',
        'limits.colour',
        'port',
        'settings.timeZone',
        'shoeSize',
      ].sort(),
    );
    for (const { rule } of problems) assert.notEqual(rule, '');
  });

  it('never tells a value', () => {
    const canary = 'canary-4711';
    const wrong = [
      fileOf(`{"port": ${canary}}`),
      fileOf({
        port: canary,
        logLevel: canary,
        issuers: [{ issuer: 1, audience: [canary], jwksUrl: canary }],
      }),
      fileOf({ issuers: canary, limits: canary, settings: { breakGlass: canary, referenceBase: canary } }),
    ];
    for (const [index, file] of wrong.entries()) {
      assert.doesNotMatch(JSON.stringify(refused(file)), /canary/, `case ${index}`);
    }
    assert.doesNotMatch(JSON.stringify(refused(undefined, { CONSENT_LEDGER_PORT: canary })), /canary/);
  });

  it('refuses a file that is not there, is not JSON or is not an object', () => {
    assert.deepEqual(refused(join(folder, 'absent.json')), [
      { setting: 'configuration file', rule: 'cannot be read' },
    ]);
    assert.deepEqual(refused(fileOf('{')), [{ setting: 'configuration file', rule: 'is not JSON' }]);
    assert.equal(refused(fileOf('[]'))[0]?.setting, 'configuration file');
  });

  it('names what a key that signs reports needs', () => {
    const rulesOf = (reportSigning: unknown) =>
      refused(fileOf({ reportSigning })).map(({ setting }) => setting.replace('reportSigning.', ''));
    assert.deepEqual(rulesOf({ keyFile: 'key' }), ['certificatesFile']);
    assert.deepEqual(rulesOf({ certificatesFile: 'pem' }), ['keyFile']);
    const token = { moduleFile: 'so', tokenLabel: 'a', keyLabel: 'b', pinFile: 'pin' };
    assert.deepEqual(rulesOf({ certificatesFile: 'pem', keyFile: 'key', pkcs11: token }), ['keyFile']);
    assert.deepEqual(rulesOf({ certificatesFile: 'pem', pkcs11: { moduleFile: 'so' } }), [
      'pkcs11.tokenLabel',
      'pkcs11.keyLabel',
      'pkcs11.pinFile',
    ]);
    assert.deepEqual(rulesOf({ timestamp: { url: 'http://tsa.example' } }), ['timestamp.anchorsFile']);
    assert.deepEqual(rulesOf({ timestamp: { url: 'ftp://tsa.example', anchorsFile: 'pem' } }), [
      'timestamp.url',
    ]);
    const timestamp = { url: 'https://tsa.example/tsr', anchorsFile: 'tsa.pem' };
    accepted(fileOf({ reportSigning: { certificatesFile: 'pem', pkcs11: token, timestamp } }));
    accepted(fileOf({ reportSigning: { certificatesFile: 'pem', keyFile: 'key' } }));
  });

  it('names what a remote store and a remote vault need', () => {
    assert.deepEqual(refused(fileOf({ store: 'eventstoredb', vault: 'postgres' })), [
      { setting: 'eventstoredb.connectionStringFile', rule: 'needed where store is eventstoredb' },
      { setting: 'postgres.urlFile', rule: 'needed where vault is postgres' },
    ]);
    const config = accepted(
      fileOf({
        store: 'eventstoredb',
        eventstoredb: { connectionStringFile: 'esdb' },
        vault: 'postgres',
        postgres: { urlFile: 'url' },
      }),
    );
    assert.equal(config.eventstoredb.maxStalenessMs, 5000);
    assert.equal(config.postgres.tls, 'verify');
  });

  it('refuses an issuer that stands there twice, and settings that contradict themselves', () => {
    assert.deepEqual(refused(fileOf({ issuers: [issuer, issuer] })), [
      { setting: 'issuers', rule: 'each issuer once' },
    ]);
    const cyclic = { system: 'urn:site', code: 'A', parents: [{ system: 'urn:site', code: 'A' }] };
    assert.match(refused(fileOf({ settings: { purposes: [cyclic] } }))[0]?.setting ?? '', /^settings/);
  });

  it('is frozen to the last member', () => {
    const config = accepted(fileOf({ issuers: [issuer] }));
    const thawed: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || value === config.policy) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [name, member] of Object.entries(value)) look(member, `${path}.${name}`);
    };
    look(config, 'config');
    assert.deepEqual(thawed, []);
  });

  it('announces whatever is less safe than it could be, and nothing else', () => {
    const announced = (content: object) => accepted(fileOf(content)).announcements.join('\n');
    const safe = { issuers: [issuer], keysFolder: '/etc/ledger/keys' };
    assert.equal(announced(safe), '');
    assert.match(announced({ ...safe, developmentIssuer: true }), /development issuer is on/);
    assert.match(announced({ ...safe, host: '0.0.0.0' }), /plain HTTP/);
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      assert.equal(announced({ ...safe, host }), '');
    assert.match(announced({ ...safe, host: '127.0.0.1.example' }), /plain HTTP/);
    assert.match(announced({ ...safe, keysFolder: 'data/sub/keys' }), /keys lie in the data folder/);
    assert.equal(announced({ ...safe, keysFolder: 'data-keys' }), '');
    const remote = { ...safe, vault: 'postgres', postgres: { urlFile: 'url' } };
    assert.equal(announced(remote), '');
    assert.match(announced({ ...remote, postgres: { urlFile: 'url', tls: 'off' } }), /vault .* without TLS/);
    const second = { ...issuer, issuer: 'https://other.example', tenants: ['a'] };
    assert.match(announced({ ...safe, issuers: [issuer, second] }), /any tenant/);
    assert.equal(announced({ ...safe, issuers: [{ ...issuer, tenants: ['b'] }, second] }), '');
  });
});
