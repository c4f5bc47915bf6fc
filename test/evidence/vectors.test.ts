import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { ProvenDecision, ProvenEvent, ProvenHead } from '../../schemas/http/evidence.ts';
import type { Checkpoint } from '../../src/evidence/checkpoint.ts';
import { parseVerifierKey } from '../../src/evidence/signed-note.ts';
import {
  faultInDecisions,
  faultInEvents,
  faultInGrowth,
  headUnder,
  stands,
  trustedCheckpoint,
} from '../../src/evidence/verify.ts';
import { keyOf } from './story.ts';
import { vectors, vectorsFile } from './vectors.ts';

const published = JSON.parse(readFileSync(vectorsFile, 'utf8')) as ReturnType<typeof vectors>;
const trusted = published.verifiers.map((key) => parseVerifierKey(key)!);
const checkpointIn = (note: string): Checkpoint => {
  const checkpoint = trustedCheckpoint(note, trusted);
  assert.ok(checkpoint);
  return checkpoint;
};

/** As they come from elsewhere: of either kind. */
interface Shown {
  readonly checkpoint: string;
  readonly head: ProvenHead;
  readonly events?: readonly ProvenEvent[];
  readonly subject?: string;
  readonly decisions?: readonly ProvenDecision[];
}
const faultIn = ({ checkpoint: note, head, events, subject, decisions }: Shown) => {
  const checkpoint = trustedCheckpoint(note, trusted);
  if (checkpoint === undefined) return 'the checkpoint is not to be trusted';
  return events === undefined
    ? faultInDecisions(decisions!, subject!, head, checkpoint)
    : faultInEvents(events, head, checkpoint);
};

describe('the vectors of docs/evidence-format.md', () => {
  it('are what this code makes', () => assert.deepEqual(vectors(), published));

  it('verify', () => {
    assert.equal(faultIn(published.events), undefined);
    assert.equal(faultIn(published.decisions), undefined);
    for (const { checkpoint, head } of published.absent)
      assert.equal(headUnder(head, checkpointIn(checkpoint)), 'absent');
    const [earlier, later] = [checkpointIn(published.earlier), checkpointIn(published.checkpoint)];
    const { path } = published.events.consistency;
    assert.equal(faultInGrowth(earlier, later, path), undefined);
    assert.ok(faultInGrowth({ ...earlier, root: earlier.heads }, later, path));
    assert.ok(faultInGrowth({ ...earlier, origin: 'ledger.example/other' }, later, path));
    assert.ok(faultInGrowth(earlier, later, path.slice(1)));
  });

  it('have a receipt that the newer key signed', () => {
    const [header, payload, signature] = published.receipt.split('.') as [string, string, string];
    const signed = Buffer.from(`${header}.${payload}`);
    assert.ok(verify(null, signed, createPublicKey(keyOf(2)), Buffer.from(signature, 'base64url')));
    const { checkpoint, event } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    assert.ok(stands(event, checkpointIn(checkpoint)));
  });

  for (const refused of published.refuse)
    it(`are refused where ${refused.why}`, () => assert.notEqual(faultIn(refused), undefined));

  it('are not trusted by another key', () => {
    const stranger = parseVerifierKey(published.stranger)!;
    assert.equal(trustedCheckpoint(published.checkpoint, [stranger]), undefined);
  });
});
