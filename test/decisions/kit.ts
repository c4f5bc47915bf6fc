import { randomUUID } from 'node:crypto';
import type { Question } from '../../schemas/decision.ts';
import { type Settings, settings } from '../../schemas/settings.ts';
import { compilePolicy } from '../../src/consent/policy.ts';
import { type DecisionParts, openDecisions } from '../../src/decisions/decisions.ts';
import type { Decisions } from '../../src/decisions/port.ts';
import type { EventStore } from '../../src/store/port.ts';
import { type KitOptions, type LedgerKit, openLedgerKit } from '../projections/kit.ts';
import { good } from '../record/kit.ts';

export const asker = {
  issuer: 'https://issuer.example',
  subject: 'app-7',
  organisation: 'Organization/f001',
};

/** What `consent` of the record kit permits. */
export const question: Question = {
  recipient: { reference: 'Organization/f001' },
  purpose: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' },
  action: 'access',
};

export const patientOf = (value: string) => ({ system: 'urn:oid:1.2.3', value });

export interface DecisionKit extends LedgerKit {
  readonly decisions: Decisions;
}

export interface DecisionKitOptions extends KitOptions {
  readonly settings?: Partial<Settings>;
  /** Stands before the store, to be in the way of the log of decisions. */
  readonly before?: (store: EventStore) => Pick<EventStore, 'append'>;
  readonly parts?: Partial<DecisionParts>;
}

export const nodeId = 'node-1';

/** A ledger with its decisions; a second time on the same folder it is the same ledger. */
export const openDecisionKit = async (
  folder: string,
  options: DecisionKitOptions = {},
): Promise<DecisionKit> => {
  const kit = await openLedgerKit(folder, options);
  const { store, records, keyring, projections } = kit;
  const decisions = good(
    await openDecisions({
      records,
      keyring,
      projections,
      log: store,
      store: options.before?.(store) ?? store,
      policy: good(compilePolicy(settings.parse(options.settings ?? {}))),
      nodeId,
      uuid: randomUUID,
      ...options.parts,
    }),
  );
  return { ...kit, decisions };
};

export const withDecisions = async (
  folder: string,
  run: (kit: DecisionKit) => Promise<void>,
  options?: DecisionKitOptions,
): Promise<void> => {
  const kit = await openDecisionKit(folder, options);
  try {
    await run(kit);
  } finally {
    await kit.close();
  }
};
