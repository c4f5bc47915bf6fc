import { z } from 'zod';
import { instant } from '../instant.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({
  destroyedAt: instant.describe('By when the data key and every identifier were gone from the vault'),
  exportsRemoved: z.int().min(0),
});

/** Since version 2 it names the epoch, as it stood once the data key was gone. */
const v2 = v1.extend({
  epoch: z
    .int()
    .min(1)
    .optional()
    .describe(
      'The last epoch that the data key can have been wrapped under; absent where the vault has no fence',
    ),
});

export type ErasureExecuted = z.infer<typeof v2>;
export const erasureExecuted = defineEvent(
  'ErasureExecuted',
  'A request was carried out: the data is unreadable in service',
  [{ schema: v1, upcast: (payload) => payload }],
  v2,
);
