import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LocalLog } from './port.ts';

/** Something wrong with the log: what, and the log index where it shows; 0 for the file as a whole. */
export interface LogFault {
  readonly kind: 'file-damaged' | 'index-gap' | 'revision-gap' | 'time-backwards';
  readonly index: number;
  readonly detail: string;
}

const pageEvents = 1024;

/**
 * Reads the whole log and yields what is wrong with it; nothing where all is well. Holds a number a stream in memory.
 *
 * @param log.integrity what the file's own check finds
 * @param onProgress called after each page with the log index that was reached
 */
export async function* checkLog(
  log: Pick<LocalLog, 'slice' | 'head'> & { integrity(): readonly string[] },
  onProgress: (index: number) => void = () => {},
): AsyncGenerator<LogFault> {
  for (const detail of log.integrity()) yield { kind: 'file-damaged', index: 0, detail };
  const heads = new Map<string, number>();
  const end = log.head();
  let last = { index: 0, recordedAt: Number.NEGATIVE_INFINITY };
  while (last.index < end) {
    const page = log.slice(last.index, pageEvents);
    if (page.length === 0) {
      yield { kind: 'index-gap', index: last.index + 1, detail: `The log ends before index ${end}` };
      return;
    }
    for (const event of page) {
      const { index, stream, revision, recordedAt } = event;
      const next = (heads.get(stream) ?? -1) + 1;
      if (index !== last.index + 1) {
        yield { kind: 'index-gap', index, detail: `Index ${last.index + 1} is missing` };
      }
      if (revision !== next) {
        yield { kind: 'revision-gap', index, detail: `${stream} has revision ${revision}, not ${next}` };
      }
      if (recordedAt < last.recordedAt) {
        yield { kind: 'time-backwards', index, detail: 'It was recorded before the event in front of it' };
      }
      heads.set(stream, revision);
      last = event;
    }
    onProgress(last.index);
    await nextTurn();
  }
}
