import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Identifier, identifier } from '../../../schemas/coding.ts';

/**
 * The identifiers in a file: a line each, `system|value` (at the first bar) or `{"system":"...","value":"..."}`; empty
 * lines count for nothing.
 *
 * @throws Error naming the first line that is neither, and nothing of what stands in it
 */
export const readCohort = async (path: string): Promise<Identifier[]> => {
  const found: Identifier[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;
    const parsed = identifier.safeParse(line.startsWith('{') ? jsonOf(line) : partsOf(line));
    if (!parsed.success)
      throw new Error(`${path}, line ${number}: neither system|value nor {"system":"...","value":"..."}`);
    found.push(parsed.data);
  }
  if (found.length === 0) throw new Error(`${path} names nobody`);
  return found;
};

const partsOf = (line: string): unknown => {
  const bar = line.indexOf('|');
  return bar < 0 ? undefined : { system: line.slice(0, bar).trim(), value: line.slice(bar + 1).trim() };
};

const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
