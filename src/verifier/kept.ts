import { exportHeader } from '../../schemas/export/package.ts';
import type { RandomAccess } from '../pades/port.ts';
import { evidenceIn } from './document.ts';
import { linesOf } from './lines.ts';

/** A note is some hundred bytes; the first line of an export is hardly more. */
const mostBytes = 1 << 16;

/**
 * The checkpoint that somebody kept: a note by itself, or that of an earlier export, as a document or its evidence. It
 * is for who verifies to say whether it is to be trusted. Undefined where there is none. Throws where the bytes cannot
 * be read.
 */
export const keptCheckpoint = async (bytes: RandomAccess): Promise<string | undefined> => {
  const text = bytes.read(0, mostBytes).toString('utf8');
  if (text.startsWith('{')) return checkpointIn(text.split('\n')[0]!);
  if (!text.startsWith('%PDF-')) return text;
  const opened = evidenceIn(bytes);
  if (typeof opened === 'string') return undefined;
  for await (const { text: first } of linesOf(opened.attachment.content())) return checkpointIn(first ?? '');
  return undefined;
};

const checkpointIn = (line: string): string | undefined => {
  try {
    return exportHeader.safeParse(JSON.parse(line)).data?.checkpoint;
  } catch {
    return undefined;
  }
};
