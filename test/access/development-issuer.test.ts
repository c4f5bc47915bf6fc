import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { scopes } from '../../schemas/http/scopes.ts';
import { developmentIssuer } from '../../src/access/development-issuer.ts';
import { openTokens } from '../../src/access/tokens.ts';
import { token } from '../../src/cli/token.ts';

describe('the development issuer', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'development-issuer-'));
  after(() => rm(dataFolder, { recursive: true }));
  const now = Date.parse('2026-03-01T08:00:00Z');
  const on = { dataFolder, developmentIssuer: true };
  const accept = async (text: string) => {
    const issuers = [await developmentIssuer(dataFolder)];
    return openTokens({ issuers, clock: () => now, cacheSize: 10 }).principalOf(`Bearer ${text}`);
  };

  it('mints nothing while it is off', async () => {
    await assert.rejects(token({}, { dataFolder, developmentIssuer: false }, now), /is off/);
  });

  it('mints a token with every scope, or those that are named', async () => {
    const all = await accept(await token({ tenant: 'clinic', organisation: 'Organization/a' }, on, now));
    assert.ok(all.ok);
    assert.deepEqual([...all.value.scopes], [...scopes]);
    assert.equal(all.value.tenant, 'clinic');
    assert.equal(all.value.organisation, 'Organization/a');
    const some = await accept(await token({ scope: 'decisions:ask, consents:read' }, on, now));
    assert.ok(some.ok);
    assert.deepEqual([...some.value.scopes], ['decisions:ask', 'consents:read']);
  });

  it('refuses a scope that there is not', async () => {
    await assert.rejects(token({ scope: 'everything' }, on, now));
  });

  it('keeps its private key to itself', async () => {
    const { mode } = await stat(join(dataFolder, 'development-issuer', 'private.json'));
    assert.equal(mode & 0o077, 0);
  });

  it('of another data folder is a stranger', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'development-issuer-'));
    const stranger = await token({}, { dataFolder: elsewhere, developmentIssuer: true }, now);
    const result = await accept(stranger);
    assert.equal(result.ok ? 'accepted' : result.error.code, 'token-invalid');
    await rm(elsewhere, { recursive: true });
  });
});
