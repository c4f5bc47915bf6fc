import type { MessagePort } from 'node:worker_threads';
import type { Failure, Result } from '../../schemas/result.ts';
import type { ExportCheckpoint, ExportProofs, Stage } from './gather-parts.ts';

/** What the thread of an export asks of the one that started it, which has the evidence. */
export interface ExportCalls {
  /** Has a checkpoint signed; the evidence then waits for `endWalk`. */
  beginWalk(): Result<ExportCheckpoint>;
  endWalk(keys: Uint8Array): Result<{ readonly checkpoint: ExportCheckpoint; readonly walk: Uint8Array }>;
  leafHashes(indices: Float64Array): Result<Uint8Array>;
  besideLeaves(indices: Float64Array, size: number): Uint8Array;
  growth(from: number, to: number): Result<string[]>;
  signExport(exportId: string, digest: Uint8Array): string;
}

export type ExportCall = {
  readonly [Name in keyof ExportCalls]: {
    readonly kind: 'call';
    readonly id: number;
    readonly name: Name;
    readonly args: Parameters<ExportCalls[Name]>;
  };
}[keyof ExportCalls];

export type ExportReply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly failed: string }
);

/** Why a document could not be signed: a stable code, and the setting that names the key, file or authority. */
export interface Unsigned {
  readonly reason: string;
  readonly setting?: string;
}

/**
 * From the thread: first that it may be terminated; what it asks, how far it is, and last of all that it is done or why
 * it failed.
 */
export type ExportMessage =
  | { readonly kind: 'ready' }
  | ExportCall
  | {
      readonly kind: 'progress';
      readonly stage: Stage;
      readonly share: number;
      readonly patients: number;
      readonly total: number;
    }
  | { readonly kind: 'unsigned'; readonly unsigned: Unsigned }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The evidence, as the thread of an export asks for it through `port`. */
export const proofsBy = (port: MessagePort): ExportProofs => {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  port.on('message', (reply: ExportReply) => {
    const { resolve, reject } = waiting.get(reply.id)!;
    waiting.delete(reply.id);
    if ('failed' in reply) reject(new Error(reply.failed));
    else resolve(reply.value);
  });
  const call = <Name extends keyof ExportCalls>(
    name: Name,
    ...args: Parameters<ExportCalls[Name]>
  ): Promise<ReturnType<ExportCalls[Name]>> => {
    calls += 1;
    const one = Promise.withResolvers<unknown>();
    waiting.set(calls, one);
    port.postMessage({ kind: 'call', id: calls, name, args } as ExportCall);
    return one.promise as Promise<ReturnType<ExportCalls[Name]>>;
  };
  return {
    async walkHeads(keysUnder) {
      const checkpoint = await call('beginWalk');
      return checkpoint.ok ? call('endWalk', await keysUnder(checkpoint.value)) : checkpoint;
    },
    leafHashes: (indices) => call('leafHashes', indices),
    besideLeaves: (indices, size) => call('besideLeaves', indices, size),
    growth: (from, to) => call('growth', from, to),
    signExport: (exportId, digest) => call('signExport', exportId, digest),
  };
};
