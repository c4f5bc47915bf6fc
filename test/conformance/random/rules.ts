import fc from 'fast-check';
import type { Coding } from '../../../schemas/coding.ts';
import type { Exception, Rule } from '../../../schemas/provision.ts';
import { duty } from '../story.ts';
import {
  aClass,
  action,
  code,
  label,
  oneOf,
  period,
  role,
  some,
  target,
  type,
  written,
} from './vocabulary.ts';

const criterion = (aPurpose: fc.Arbitrary<Coding>): fc.Arbitrary<Exception> =>
  fc.oneof(
    fc.record({
      recipient: some(
        fc.oneof(
          fc.record({ reference: written }),
          fc.record({ role }),
          fc.record({ reference: written, role }),
        ),
      ),
    }),
    { weight: 3, arbitrary: fc.record({ purpose: some(aPurpose) }) },
    fc.record({ action: some(action) }),
    fc.record({ period }),
    fc.record({ custodian: some(written) }),
    fc.record({ author: some(written) }),
    fc.record({ class: some(aClass) }),
    fc.record({ code: some(code) }),
    fc.record({
      data: some(
        fc.record({
          reference: target,
          meaning: oneOf(
            'instance' as const,
            'related' as const,
            'dependents' as const,
            'authoredby' as const,
          ),
        }),
      ),
    }),
    fc.record({ dataPeriod: period }),
    fc.record({ label: some(label, 3) }),
  );

const obligations = fc.record({ obligations: some(oneOf('a', 'b', 'c').map(duty)) }, { requiredKeys: [] });

const exception = (criteria: fc.Arbitrary<Exception>, depth: number): fc.Arbitrary<Exception> =>
  fc
    .tuple(
      fc.array(criteria, { maxLength: 2 }),
      obligations,
      depth === 0 ? fc.constant([]) : fc.array(exception(criteria, depth - 1), { maxLength: 2 }),
    )
    .map(([chosen, duties, exceptions]) => ({
      ...Object.assign({}, ...chosen),
      ...duties,
      ...(exceptions.length === 0 ? {} : { exceptions }),
    }));

/** Obligations stand on permit rules alone. */
const dutiesOnPermits = (rule: Exception, permits: boolean): Exception => {
  const { obligations: duties, exceptions, ...rest } = rule;
  return {
    ...rest,
    ...(permits && duties ? { obligations: duties } : {}),
    ...(exceptions ? { exceptions: exceptions.map((inner) => dutiesOnPermits(inner, !permits)) } : {}),
  };
};

/** Rules with exceptions to a depth of three, whose purposes are of one theme. */
export const ruleAbout = (aPurpose: fc.Arbitrary<Coding>): fc.Arbitrary<Rule> =>
  fc
    .tuple(type, exception(criterion(aPurpose), 3))
    .map(([own, criteria]) => ({ ...dutiesOnPermits(criteria, own === 'permit'), type: own }));
