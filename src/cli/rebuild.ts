import type { Projections } from '../projections/port.ts';
import { type Progress, under } from './progress.ts';

/** `consent-ledger rebuild`: builds every read model anew beside the one in service, and swaps it in. */
export const rebuildCommand = async (
  projections: Pick<Projections, 'rebuild'>,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> => {
  const rebuilt = await under(progress, ({ show }) =>
    projections.rebuild({
      signal,
      onProgress: ({ share, subjects, events }) => show(share, `${subjects} patients, ${events} events`),
    }),
  );
  if (!rebuilt.ok) throw new Error(rebuilt.error.detail);
  const { subjects, events } = rebuilt.value;
  return `Rebuilt from the log: ${subjects} patients, ${events} events.`;
};
