import type { MessagePort } from 'node:worker_threads';
import type { Millis } from '../../schemas/instant.ts';
import type { KeyStore } from './keystore.ts';
import type { Vault } from './port.ts';
import { type Rotation, rotateEpoch } from './rotation.ts';

/** From the thread of a rotation: how far it is, and last of all how it ended. */
export type RotationMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | ({ readonly kind: 'completed' } & Rotation)
  | { readonly kind: 'cancelled' }
  /** `reason`: the name of an error. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Rotates once; any message to the thread cancels it. `open` is closed again whatever happens. */
export const runRotation = async (
  port: MessagePort,
  open: () => Promise<{ readonly vault: Vault; readonly keyStore: KeyStore }>,
  clock: () => Millis,
): Promise<void> => {
  const controller = new AbortController();
  port.once('message', () => controller.abort());
  const { signal } = controller;
  const tell = (message: RotationMessage) => port.postMessage(message);
  const onProgress = (done: number, total: number) => tell({ kind: 'progress', done, total });
  try {
    const { vault, keyStore } = await open();
    try {
      const rotation = await rotateEpoch({ vault, keyStore, clock, signal, onProgress });
      tell({ kind: 'completed', ...rotation });
    } finally {
      await vault.close();
    }
  } catch (error) {
    if (signal.aborted) tell({ kind: 'cancelled' });
    else tell({ kind: 'failed', reason: error instanceof Error ? error.name : 'failed' });
  } finally {
    port.close();
  }
};
