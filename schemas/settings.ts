import { z } from 'zod';
import { coding } from './coding.ts';
import { ruleType } from './provision.ts';

const node = z.strictObject({
  ...coding.shape,
  parents: z.array(coding).describe('The codes that it stands under'),
});

/**
 * What an operator may set of the meaning of an answer (SEMANTICS). Recorded in the log as SettingsAdopted and
 * named by its hash in every decision, so that a decision can be replayed under the settings it was made with.
 */
export const settings = z.strictObject({
  timeZone: z
    .string()
    .refine((zone) => {
      try {
        new Intl.DateTimeFormat('en', { timeZone: zone });
        return true;
      } catch {
        return false;
      }
    }, 'an IANA time zone')
    .default('UTC')
    .describe('S1.1: in which partial dates are read'),
  referenceBase: z.url().optional().describe('S4.2: taken off absolute references before they are compared'),
  purposes: z.array(node).default([]).describe('S4.3: purposes of use added to the tree, with their parents'),
  sensitivities: z
    .array(node)
    .default([])
    .describe('S4.3: sensitivity labels added to the tree, with their parents'),
  labelSystems: z
    .array(z.string().min(1))
    .default([])
    .describe('S5: further label systems, compared for equality'),
  implicitPolicy: z
    .strictObject({
      purposes: z
        .array(z.strictObject({ purpose: coding, decision: ruleType }))
        .default([])
        .describe('S7.2: what holds where no consent speaks, by purpose; for all others deny'),
      unknownPatients: z.boolean().default(false).describe('S7.2: whether it holds for an unknown patient'),
    })
    .prefault({}),
  breakGlass: z
    .enum(['overrides', 'by-consent'])
    .default('overrides')
    .describe(
      'S6.2: a declared emergency overrides all but a certain refusal of BTG, or needs a rule that permits BTG',
    ),
  breakGlassMaxHours: z
    .number()
    .positive()
    .max(168)
    .default(12)
    .describe('S6.2: how many hours off the end of a declared emergency may be'),
});

export type Settings = z.infer<typeof settings>;
