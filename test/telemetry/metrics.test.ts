import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** The sample lines of a scrape that begin with `name`. */
const samples = async (metrics: ReturnType<typeof createMetrics>, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

describe('metrics', () => {
  it('counts appends by outcome and times them', async () => {
    const metrics = createMetrics();
    metrics.appended('appended', 0.003);
    metrics.appended('appended', 0.004);
    metrics.appended('conflict', 0.001);
    assert.deepEqual(await samples(metrics, 'consent_ledger_appends_total'), [
      'consent_ledger_appends_total{outcome="appended"} 2',
      'consent_ledger_appends_total{outcome="conflict"} 1',
    ]);
    assert.deepEqual(await samples(metrics, 'consent_ledger_append_seconds_count'), [
      'consent_ledger_append_seconds_count 3',
    ]);
  });

  it('tells hits of the cache from rows, with their age, and from whole streams', async () => {
    const metrics = createMetrics();
    metrics.recordHit();
    metrics.recordHit();
    metrics.recordRead('row', 0.0001, 4);
    metrics.recordRead('stream', 0.02, 300);
    assert.deepEqual(await samples(metrics, 'consent_ledger_record_reads_total'), [
      'consent_ledger_record_reads_total{from="cache"} 2',
      'consent_ledger_record_reads_total{from="row"} 1',
      'consent_ledger_record_reads_total{from="stream"} 1',
    ]);
    assert.deepEqual(await samples(metrics, 'consent_ledger_row_age_events_sum'), [
      'consent_ledger_row_age_events_sum 4',
    ]);
    assert.deepEqual(await samples(metrics, 'consent_ledger_record_replay_seconds_sum'), [
      'consent_ledger_record_replay_seconds_sum{from="row"} 0.0001',
      'consent_ledger_record_replay_seconds_sum{from="stream"} 0.02',
    ]);
  });

  it('counts verdicts by outcome and reason, and requests by template and status', async () => {
    const metrics = createMetrics();
    metrics.decided('permit', 'permitted');
    metrics.served('POST', '/consents/:consentId/revocations', 201, 0.01);
    assert.deepEqual(await samples(metrics, 'consent_ledger_decisions_total'), [
      'consent_ledger_decisions_total{outcome="permit",reason="permitted"} 1',
    ]);
    assert.deepEqual(await samples(metrics, 'consent_ledger_http_requests_total'), [
      'consent_ledger_http_requests_total{method="POST",route="/consents/:consentId/revocations",status="201"} 1',
    ]);
  });

  it('asks each follower for its lag at the scrape, not before', async () => {
    const metrics = createMetrics();
    let lag = 7;
    metrics.watchLag('current-consent', () => lag);
    lag = 3;
    assert.deepEqual(await samples(metrics, 'consent_ledger_lag_events'), [
      'consent_ledger_lag_events{follower="current-consent"} 3',
    ]);
  });

  it('asks for the staleness at the scrape, in seconds', async () => {
    const metrics = createMetrics();
    const name = 'consent_ledger_staleness_seconds';
    assert.deepEqual(await samples(metrics, name), [`${name} 0`]);
    metrics.watchStaleness(() => 1500);
    assert.deepEqual(await samples(metrics, name), [`${name} 1.5`]);
    metrics.watchStaleness(() => Number.POSITIVE_INFINITY);
    assert.deepEqual(await samples(metrics, name), [`${name} +Inf`]);
  });

  it('asks for the ages of the epochs at the scrape, in seconds', async () => {
    const metrics = createMetrics();
    const name = 'consent_ledger_epoch';
    assert.deepEqual(await samples(metrics, name), [
      `${name}_max_age_seconds +Inf`,
      `${name}_rotation_failed 0`,
    ]);
    metrics.watchEpochs(() => ({ current: 1500, oldest: 9000, max: 4000, rotationFailed: true }));
    assert.deepEqual(await samples(metrics, name), [
      `${name}_age_seconds{epoch="current"} 1.5`,
      `${name}_age_seconds{epoch="oldest"} 9`,
      `${name}_max_age_seconds 4`,
      `${name}_rotation_failed 1`,
    ]);
  });

  it('keeps a registry of its own', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.recordHit();
    assert.deepEqual(await samples(other, 'consent_ledger_record_reads_total'), []);
  });
});
