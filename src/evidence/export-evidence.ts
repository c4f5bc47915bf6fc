import { ok } from '../../schemas/result.ts';
import type { EvidenceThread } from './client.ts';
import { exportText } from './export-note.ts';
import { partsOf } from './multiproof.ts';
import type { Evidence, ExportEvidence } from './port.ts';
import { type NoteSigner, signNote } from './signed-note.ts';

/** Leaves of a subtree that is proven at once: hashing them takes the thread some 100 ms. */
const leavesAtOnce = 2 ** 16;

/** What exports ask of the evidence; `evidence` and `thread` are of the same log. */
export const openExportEvidence = ({
  evidence,
  thread,
  origin,
  signers,
}: {
  readonly evidence: Pick<Evidence, 'atNew' | 'latest'>;
  readonly thread: Pick<EvidenceThread, 'call'>;
  readonly origin: string;
  readonly signers: readonly NoteSigner[];
}): ExportEvidence => {
  /** What is asked once the thread holds the log up to the latest checkpoint, and so to all before. */
  const followed = async <T>(ask: () => Promise<T>) => {
    const latest = await evidence.latest();
    return latest.ok ? ok(await ask()) : latest;
  };
  return {
    walkHeads: (keysUnder) =>
      evidence.atNew(async (checkpoint) => ({
        checkpoint,
        walk: await thread.call('walk', await keysUnder(checkpoint)),
      })),
    leafHashes: (indices) => followed(() => thread.call('leafHashes', indices)),
    async *besideLeaves(indices, size) {
      await evidence.latest();
      for (const { begin, end, from, to } of partsOf(indices, size, leavesAtOnce))
        yield await thread.call('beside', indices.slice(from, to), { begin, end });
    },
    growth: (from, to) => followed(() => thread.call('growth', from, to)),
    signExport: (exportId, digest) => signNote(exportText(origin, exportId, digest), signers),
  };
};
