import type { ExportDecisions, ExportSettings } from '../../schemas/export/package.ts';
import { compilePolicy, type Policy } from '../consent/policy.ts';
import { hashOfLeaf } from '../evidence/leaf.ts';
import type { Hash } from '../evidence/merkle.ts';
import { DecisionEvents } from './decision-events.ts';
import { type Fault, faultAt } from './fault.ts';
import type { LogLeaves } from './log-leaves.ts';
import { isCommittedTo } from './opened.ts';

const settingsType = 'SettingsAdopted';
const decisionsType = 'DecisionsRecorded';

/** The events of an export that are no patient's: settings, and those that hold logged answers. */
export class LedgerEvents {
  readonly policies = new Map<string, Policy>();
  readonly decisions = new DecisionEvents();
  readonly #leaves: LogLeaves;

  constructor(leaves: LogLeaves) {
    this.#leaves = leaves;
  }

  settings(event: ExportSettings, record: number): Fault | undefined {
    const { index, type, schemaVersion, payload, commitment } = event;
    const at = { record, event: index };
    if (type !== settingsType || schemaVersion !== 1)
      return faultAt('payload', `this is no ${settingsType} that this verifier knows`, at);
    if (!isCommittedTo({ salt: '', payload }, commitment))
      return faultAt('commitment', 'the settings are not what was recorded', at);
    const policy = compilePolicy(payload.settings);
    if (!policy.ok || policy.value.hash !== payload.hash)
      return faultAt('payload', 'the settings are not those that they are said to be', at);
    this.policies.set(payload.hash, policy.value);
    return this.#place(event, record) === undefined ? noPlace(at) : undefined;
  }

  holdsDecisions(event: ExportDecisions, record: number): Fault | undefined {
    const at = { record, event: event.index };
    if (event.type !== decisionsType) return faultAt('payload', `this is no ${decisionsType}`, at);
    if (event.index <= (this.decisions.last ?? -1))
      return faultAt('order', 'the events that hold answers are not in the order of the log', at);
    const leaf = this.#place(event, record);
    if (leaf === undefined) return noPlace(at);
    this.decisions.add(event, leaf, record);
    return undefined;
  }

  /** The leaf hash of an event, noted for the proof that it stands in the log. */
  #place(event: ExportSettings | ExportDecisions, record: number): Hash | undefined {
    const { previous, stored, ...rest } = event;
    if ((previous === undefined) !== (event.revision === 0)) return undefined;
    const leaf = hashOfLeaf({
      ...rest,
      stored: Buffer.from(stored, 'hex'),
      ...(previous !== undefined && { previous: Buffer.from(previous, 'hex') }),
    });
    this.#leaves.add(event.index, leaf, record);
    return leaf;
  }
}

const noPlace = (at: { record: number; event: number }): Fault =>
  faultAt('chain', 'the first event of a stream alone has none before it', at);
