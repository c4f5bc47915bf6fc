import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withFolder } from '../vault/kit.ts';
import { raceExports } from './export-races.ts';
import { race } from './races.ts';
import { newKeys, openErasing } from './saga-kit.ts';

/** `node test/erasure/run-races.ts 1000` does more of them. */
it('grants and checks in full flight: none follows the erasure, none is permitted after it', (t) =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    const races = await race(erasing, 15);
    assert.ok(races.granted > 0 && races.refused > 0 && races.permits > 0 && races.denials > 0);
    t.diagnostic(JSON.stringify(races));
    await erasing.close();
  }));

/** `node test/erasure/run-races.ts 200 exports` does more of them. */
it('exports asked for, made and downloaded meanwhile: none that shows the person is offered after it', (t) =>
  withFolder(async (folder) => {
    await newKeys(folder);
    const erasing = await openErasing(folder);
    const races = await raceExports(erasing, 9);
    assert.ok(races.offered > 0 && races.removed > 0 && races.downloaded > 0, JSON.stringify(races));
    t.diagnostic(JSON.stringify(races));
    await erasing.close();
  }));
