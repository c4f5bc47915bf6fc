import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const nodeFile = z.strictObject({ nodeId: z.uuid() });

/**
 * The random id of the node that a data folder belongs to, made when there is none. It names the stream that the
 * node logs its answers in; a copied folder must not run beside its original.
 */
export const nodeIdOf = (dataFolder: string, uuid: () => string): string => {
  const file = join(dataFolder, 'node.json');
  if (!existsSync(file)) {
    const draft = `${file}.new`;
    writeFileSync(draft, JSON.stringify({ nodeId: uuid() }), { mode: 0o600, flush: true });
    renameSync(draft, file);
  }
  return nodeFile.parse(JSON.parse(readFileSync(file, 'utf8'))).nodeId;
};
