import { z } from 'zod';
import { instant } from '../instant.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  destroyedAt: instant.describe('By when the data key and every identifier were gone from the vault'),
  exportsRemoved: z.int().min(0),
});

export type ErasureExecuted = z.infer<typeof v1>;
export const erasureExecuted = defineEvent(
  'ErasureExecuted',
  'A request was carried out: the data is unreadable in service',
  [],
  v1,
);
