import type { z } from 'zod';
import { suppression } from '../erasure.ts';
import { defineEvent } from './define.ts';

const v1 = suppression;

export type SuppressionKept = z.infer<typeof v1>;
export const suppressionKept = defineEvent(
  'SuppressionKept',
  'A keyed hash of the identifier stays in the vault, so that the person who is forgotten is denied as before',
  [],
  v1,
);
