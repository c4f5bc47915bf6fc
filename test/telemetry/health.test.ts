import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHealth } from '../../src/telemetry/health.ts';

describe('health', () => {
  it('is not ready before anything has started', () => {
    assert.equal(createHealth().readiness().ready, false);
  });

  it('is ready when every part is, and says which is not and why', () => {
    const health = createHealth();
    let code: string | undefined;
    health.watch('store', () => ({ ready: true }));
    health.watch('projections', () => (code === undefined ? { ready: true } : { ready: false, code }));
    assert.equal(health.readiness().ready, true);
    code = 'stopped-at-unknown-event';
    assert.deepEqual(health.readiness(), {
      ready: false,
      checks: { store: { ready: true }, projections: { ready: false, code: 'stopped-at-unknown-event' } },
    });
  });

  it('counts a check that throws as not ready, and tells nothing of what was thrown', () => {
    const health = createHealth();
    health.watch('vault', () => {
      throw new Error('canary');
    });
    assert.deepEqual(health.readiness(), {
      ready: false,
      checks: { vault: { ready: false, code: 'check-failed' } },
    });
  });

  it('is no longer ready once it is stopping', () => {
    const health = createHealth();
    health.watch('store', () => ({ ready: true }));
    health.stop();
    assert.equal(health.readiness().ready, false);
  });
});
