import type { Millis } from '../../schemas/instant.ts';
import type { Policy } from './policy.ts';
import { type CompiledRule, compileRules } from './rule.ts';
import type { ConsentEntry } from './state.ts';
import { codingKey } from './tree.ts';

/** A grant, ready for use in any record that holds it. */
export interface CompiledGrant {
  readonly rules: readonly CompiledRule[];
  readonly purposes: readonly string[] | undefined;
  /** The moments at which one of its rules begins or ceases to hold. */
  readonly turns: readonly Millis[];
}

/** Of grants with at least so many rules, what was compiled is kept: a weak reference costs as much as ten rules. */
const worthKeeping = 32;
const grants = new WeakMap<Policy, WeakMap<ConsentEntry['grant'], CompiledGrant>>();

export const compiled = (grant: ConsentEntry['grant'], policy: Policy): CompiledGrant =>
  (grant.rules?.length ?? 0) < worthKeeping
    ? compile(grant, policy)
    : memoized(grants, policy, grant, () => compile(grant, policy));

const compile = (grant: ConsentEntry['grant'], policy: Policy): CompiledGrant => {
  const rules = compileRules(grant.rules ?? [], policy);
  return { rules, purposes: grant.purpose?.map(codingKey), turns: rules.flatMap(turnsOf) };
};

const turnsOf = ({ period, exceptions }: CompiledRule): Millis[] => [
  ...[period?.from, period?.until].filter((at) => at !== undefined),
  ...exceptions.flatMap(turnsOf),
];

/** What was made of a key under an outer one, kept as long as both are. */
export function memoized<Outer extends object, Key extends object, Value>(
  memo: WeakMap<Outer, WeakMap<Key, Value>>,
  outer: Outer,
  key: Key,
  make: () => Value,
): Value {
  let inner = memo.get(outer);
  if (!inner) {
    inner = new WeakMap();
    memo.set(outer, inner);
  }
  let value = inner.get(key);
  if (value === undefined) {
    value = make();
    inner.set(key, value);
  }
  return value;
}
