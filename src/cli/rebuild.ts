import type { Projections } from '../projections/port.ts';
import type { Progress } from './progress.ts';

/** `consent-ledger rebuild`: builds every read model anew beside the one in service, and swaps it in. */
export const rebuildCommand = async (
  projections: Pick<Projections, 'rebuild'>,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> => {
  const rebuilt = await projections.rebuild({
    signal,
    onProgress: ({ share, subjects, events }) =>
      progress.show(share, `${subjects} patients, ${events} events`),
  });
  progress.end();
  if (!rebuilt.ok) throw new Error(rebuilt.error.detail);
  const { subjects, events } = rebuilt.value;
  return `Rebuilt from the log: ${subjects} patients, ${events} events.`;
};
