import { z } from 'zod';
import { settings } from '../settings.ts';
import { defineEvent } from './define.ts';

const v1 = z.strictObject({ hash: z.string(), settings });

export type SettingsAdopted = z.infer<typeof v1>;
export const settingsAdopted = defineEvent(
  'SettingsAdopted',
  'From here on answers are given under these settings',
  [],
  v1,
);
