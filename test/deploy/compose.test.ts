import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { describeConfig, variablePrefix } from '../../src/config/schema.ts';
import { loadConfig } from '../../src/config.ts';
import { compose, fileOf, root, type Service, secretsOf, textOf } from './compose.ts';

const { services, networks, volumes, secrets } = compose;
const nodes = Object.entries(services).filter(([, { image }]) => image === 'consent-ledger');
const others = Object.entries(services).filter(([, { image }]) => image !== 'consent-ledger');

/** ENV of the Dockerfile. */
const imageVariables = (): Record<string, string> => {
  const [, block = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(textOf('Dockerfile')) ?? [];
  return Object.fromEntries([...block.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
};

const environmentOf = ({ environment = {} }: Service): Record<string, string> => ({
  ...imageVariables(),
  ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)])),
});

describe('docker-compose.yml', () => {
  it('configures each node so that it starts, with nothing that means nothing', () => {
    assert.deepEqual(
      nodes.map(([name]) => name),
      ['node1', 'node2', 'keys'],
    );
    for (const [name, service] of nodes) {
      const { CONSENT_LEDGER_CONFIG, ...environment } = environmentOf(service);
      const mounted = service.volumes?.find((volume) => volume.split(':')[1] === CONSENT_LEDGER_CONFIG);
      assert.ok(mounted, `${name} mounts its configuration`);
      const loaded = loadConfig(fileOf(mounted.split(':')[0]!), environment);
      assert.ok(loaded.ok, JSON.stringify(loaded));
      const { config } = loaded;
      assert.deepEqual(
        [config.store, config.vault, config.postgres.tls],
        ['eventstoredb', 'postgres', 'verify'],
      );
      assert.deepEqual(
        config.announcements.join('\n').match(/plain HTTP/g),
        ['plain HTTP'],
        'the proxy has TLS',
      );
      assert.equal(config.announcements.length, 1);
    }
  });

  it('gives every file that a node’s settings name, by a setting or a volume', () => {
    // What signs reports is the site's own: a key in the keys folder, or what the operator adds (docs/operations.md).
    const files = describeConfig().flatMap(({ path, variable }) =>
      variable !== undefined && path.endsWith('File') && !path.startsWith('reportSigning.') ? [variable] : [],
    );
    assert.ok(files.length >= 4);
    for (const [name, service] of nodes) {
      const environment = environmentOf(service);
      const given = files.map((variable) => environment[variable]);
      assert.ok(given.every(Boolean), `${name}: each of ${files} is set`);
      assert.deepEqual(
        [...secretsOf(service).keys()].toSorted(),
        given.toSorted(),
        `${name}: no more and no less`,
      );
      for (const variable of Object.keys(service.environment ?? {}))
        assert.ok(variable.startsWith(variablePrefix), variable);
    }
  });

  it('gives each node a data folder of its own, and all of them the same keys', () => {
    const dataOf = (service: Service) =>
      [...(service.volumes ?? []), ...(service.tmpfs ?? [])].filter((mount) => /(^|:)\/data\b/.test(mount));
    for (const [name, service] of nodes) {
      const { CONSENT_LEDGER_DATA_FOLDER, CONSENT_LEDGER_KEYS_FOLDER } = environmentOf(service);
      assert.equal(CONSENT_LEDGER_DATA_FOLDER, '/data');
      assert.ok(
        CONSENT_LEDGER_KEYS_FOLDER?.startsWith('/keys/'),
        'a mount point cannot be made by `keys init`',
      );
      assert.equal(dataOf(service).length, 1, name);
      assert.ok(service.volumes?.includes('keys:/keys'), name);
    }
    assert.equal(new Set(nodes.map(([, service]) => dataOf(service)[0])).size, nodes.length);
  });

  it('runs nodes and proxy with a read-only root, no capabilities and no way to more', () => {
    for (const [name, service] of [...nodes, ['proxy', services.proxy!] as const]) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
    }
    assert.match(textOf('Dockerfile'), /^USER node$/m);
    assert.match(services.proxy?.user ?? '', /^1000:/);
  });

  it('publishes the proxy alone, and on loopback; the stores reach nothing', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    assert.deepEqual(published, [['proxy', '127.0.0.1:8443:8443']]);
    assert.equal(networks.stores?.internal, true);
    for (const name of ['eventstoredb', 'postgres'])
      assert.deepEqual(services[name]?.networks, ['stores'], name);
    assert.deepEqual(services.proxy?.networks, ['service']);
  });

  it('checks the health of each server; nodes wait for their stores', () => {
    for (const [name, { healthcheck }] of others) assert.equal(healthcheck?.test[0], 'CMD', name);
    assert.match(textOf('Dockerfile'), /^HEALTHCHECK /m);
    for (const name of ['node1', 'node2'])
      assert.deepEqual(services[name]?.depends_on, {
        eventstoredb: { condition: 'service_healthy' },
        postgres: { condition: 'service_healthy' },
      });
  });

  it('holds no password: each is a file that prepare.sh makes and git never sees', () => {
    for (const [name, { environment = {} }] of others)
      for (const [variable, value] of Object.entries(environment))
        if (/PASSWORD|SECRET|TOKEN/.test(variable))
          assert.match(String(value), /^\/run\/secrets\//, `${name} ${variable}`);
    for (const [name, { file }] of Object.entries(secrets)) assert.equal(file, `deploy/secrets/${name}`);
    assert.match(textOf('.gitignore'), /^\/deploy\/secrets\/$/m);
    const used = new Set(Object.values(services).flatMap((service) => [...secretsOf(service).values()]));
    assert.deepEqual(used, new Set(Object.values(secrets).map(({ file }) => file)));
  });

  it('mounts files that are there, and volumes that it declares, each used', () => {
    const mounted = Object.values(services).flatMap(({ volumes: all = [] }) =>
      all.map((volume) => volume.split(':')[0]!),
    );
    for (const source of mounted.filter((name) => name.startsWith('./')))
      assert.ok(existsSync(new URL(source, root)), source);
    const named = mounted.filter((name) => !name.startsWith('./'));
    assert.deepEqual(new Set(named), new Set(Object.keys(volumes)));
  });

  it('has the proxy send requests to the nodes at their port, by their readiness, and never to /metrics', () => {
    const proxy = textOf('deploy/Caddyfile');
    const { CONSENT_LEDGER_PORT } = imageVariables();
    const [, upstreams = ''] = /reverse_proxy (.*) \{/.exec(proxy) ?? [];
    const serving = nodes.filter(([, { profiles }]) => profiles === undefined);
    assert.deepEqual(
      upstreams.split(' '),
      serving.map(([name]) => `${name}:${CONSENT_LEDGER_PORT}`),
    );
    assert.match(proxy, /health_uri \/readyz/);
    assert.match(proxy, /@internal path \/metrics\n\s*respond @internal 404/);
    for (const [, file] of proxy.matchAll(/(\/run\/secrets\/\S+)/g))
      assert.ok(secretsOf(services.proxy!).has(file!), file);
  });
});
