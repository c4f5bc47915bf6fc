import type { Result } from '../../schemas/result.ts';
import type { SignedCheckpoint } from './checkpoint-log.ts';
import type { Evidence } from './port.ts';

/** Has a checkpoint signed now and every `intervalMs`, one at a time, until it is stopped. */
export const signAtInterval = (
  evidence: Pick<Evidence, 'checkpoint'>,
  intervalMs: number,
  onOutcome: (outcome: Result<SignedCheckpoint> | Error) => void,
): { stop(): Promise<void> } => {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined = setTimeout(() => next(), 0);
  const next = () => {
    running = evidence
      .checkpoint()
      .then(onOutcome, onOutcome)
      .then(() => {
        if (timer !== undefined) timer = setTimeout(next, intervalMs);
      });
  };
  return {
    stop: async () => {
      clearTimeout(timer);
      timer = undefined;
      await running;
    },
  };
};
