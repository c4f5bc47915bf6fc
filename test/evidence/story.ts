import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leafHash, nodesOver, rootOf, sha256 } from '../../src/evidence/merkle.ts';
import { type EntriesOf, type EvidenceLog, EvidenceModel, evidenceModel } from '../../src/evidence/model.ts';
import { ModelFile } from '../../src/projections/model-file.ts';
import type { IndexedEvent } from '../../src/store/port.ts';

/** A log in memory, for what is proven of logs. */
export const logOf = (events: readonly IndexedEvent[]): EvidenceLog => ({
  slice: (after, limit) => events.slice(after, after + limit),
  streamSlice: (stream, from, limit = events.length) =>
    events.filter((event) => event.stream === stream).slice(from, from + limit),
});

/** An event as it is told here: where it stands follows from those before it. */
export interface Told {
  readonly stream: string;
  readonly type: string;
  readonly tenant?: string;
  readonly data: string;
  readonly commitment?: string;
  /** Of a DecisionsRecorded event: whom each entry is about. */
  readonly about?: readonly string[];
}

const commitmentOf = (text: string) => sha256(Buffer.from(text, 'utf8')).toString('base64url');
const firstAt = Date.parse('2026-03-01T08:00:00.000Z');

/** Everything about these events is fixed: ids, times, bytes. */
export const recorded = (told: readonly Told[]): IndexedEvent[] => {
  const revisions = new Map<string, number>();
  return told.map(({ stream, type, tenant = 'north', data, about, commitment }, at) => {
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    const entries = about?.map((keyId, n) => ({
      keyId,
      commitment: commitmentOf(`${data} ${n}`),
      envelope: Buffer.from(`${data} ${n}`, 'utf8').toString('base64url'),
    }));
    const leaves = entries?.map((entry) => leafHash(Buffer.from(entry.commitment, 'base64url')));
    return {
      index: at + 1,
      position: String(at + 1),
      stream,
      revision,
      recordedAt: firstAt + at * 1001,
      id: `00000000-0000-8000-8000-${String(at + 1).padStart(12, '0')}`,
      type,
      metadata: {
        schemaVersion: 1,
        tenant,
        commitment: leaves
          ? rootOf(leaves.length, nodesOver(leaves)).toString('base64url')
          : (commitment ?? commitmentOf(data)),
      },
      data: Buffer.from(entries ? JSON.stringify({ entries }) : data, 'utf8'),
    };
  });
};

export const entriesOf: EntriesOf = ({ type, data }) =>
  type === 'DecisionsRecorded' ? JSON.parse(data.toString('utf8')).entries : [];

/** Opens the evidence of a log on a file of its own. */
export const withModel = <T>(log: EvidenceLog, work: (model: EvidenceModel, file: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'consent-ledger-evidence-'));
  const path = join(folder, 'evidence.db');
  const file = new ModelFile(path, evidenceModel, 'service');
  try {
    return work(new EvidenceModel(file, log, entriesOf), path);
  } finally {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** An Ed25519 key whose seed is this byte 32 times. */
export const keyOf = (byte: number): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  });
