import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineEvent, type EventDefinition } from '../../schemas/events/define.ts';
import { eventDefinitions } from '../../schemas/events/registry.ts';
import { goldenProblems, jsonSchemas, publish, type Samples, unpublishable } from '../../tools/registry.ts';

// An event type with a history of its own: a name was split, then a unit was added.
const v1 = z.strictObject({ name: z.string() });
const v2 = z.strictObject({ given: z.string(), family: z.string() });
const v3 = z.strictObject({
  given: z.string(),
  family: z.string(),
  length: z.strictObject({ cm: z.number() }),
});

const split = (payload: unknown) => {
  const [given, family] = v1.parse(payload).name.split(' ');
  return { given, family };
};
const measure = (payload: unknown) => ({ ...v2.parse(payload), length: { cm: 0 } });

const named = (first = split, second = measure) =>
  defineEvent(
    'Named',
    'Of the tests alone',
    [
      { schema: v1, upcast: first },
      { schema: v2, upcast: second },
    ],
    v3,
  );

const samples: Readonly<Record<string, Samples>> = {
  'Named.v1': { usual: { name: 'Ada Lovelace' } },
  'Named.v2': { usual: { given: 'Ada', family: 'Lovelace' } },
  'Named.v3': { usual: { given: 'Ada', family: 'Lovelace', length: { cm: 160 } } },
};
const problemsOf = (definition: EventDefinition = named(), given = samples) =>
  goldenProblems([definition], (name) => given[name]);

describe('golden samples', () => {
  it('are accepted, upcast through every version between, and accepted again', () => {
    assert.deepEqual(problemsOf(), []);
  });

  it('are missed where a version has none', () => {
    const { 'Named.v2': _, ...rest } = samples;
    assert.deepEqual(problemsOf(named(), rest), ['Named.v2 has no golden sample']);
  });

  it('betray an upcaster that throws or gives what the newest version refuses', () => {
    const throwing = named(() => {
      throw new Error('no family name');
    });
    assert.match(problemsOf(throwing).join(), /^Named\.v1 usual does not upcast: Error: no family name$/);
    const partial = named(undefined, (payload) => ({ ...v2.parse(payload), length: { cm: Number.NaN } }));
    assert.deepEqual(problemsOf(partial), [
      'Named.v1 usual is not accepted once it is upcast',
      'Named.v2 usual is not accepted once it is upcast',
    ]);
  });

  it('betray a published version that was narrowed, or that fills in what was not stored', () => {
    const narrowed = defineEvent('Named', '', [], z.strictObject({ name: z.string().max(3) }));
    assert.match(problemsOf(narrowed).join(), /^Named\.v1 usual is no longer accepted/);
    const filling = defineEvent(
      'Named',
      '',
      [],
      z.strictObject({ name: z.string(), title: z.string().default('') }),
    );
    assert.deepEqual(problemsOf(filling), ['Named.v1 usual is not what is stored']);
  });
});

describe('published versions', () => {
  const schemas = jsonSchemas([named()]);
  const published = publish(schemas, {});

  it('are each version of each type', () => {
    assert.deepEqual(Object.keys(published), ['Named.v1', 'Named.v2', 'Named.v3']);
    assert.deepEqual(unpublishable(schemas, published), []);
  });

  it('never change', () => {
    const changed = jsonSchemas([defineEvent('Named', '', [{ schema: v2, upcast: measure }], v3)]);
    assert.deepEqual(unpublishable(changed, published), [
      'Named.v1 is published and never changes: add a version instead',
      'Named.v2 is published and never changes: add a version instead',
      'Named.v3 is published and is gone',
    ]);
  });

  it('may be joined by others', () => {
    const other = defineEvent('Other', '', [], v1);
    const more = jsonSchemas([named(), other]);
    assert.deepEqual(unpublishable(more, published), []);
    assert.deepEqual(publish(more, published), { ...published, 'Other.v1': publish(more, {})['Other.v1'] });
  });
});

describe('the registry of the ledger', () => {
  const golden = (name: string) => JSON.parse(readFileSync(`test/data/golden/${name}.json`, 'utf8'));

  /** The names of all members that a schema speaks of, and of all that stand in a value. */
  const declared = (node: unknown): string[] =>
    typeof node !== 'object' || node === null
      ? []
      : Object.entries(node).flatMap(([key, value]) => [
          ...(key === 'properties' ? Object.keys(value) : []),
          ...declared(value),
        ]);
  const used = (node: unknown): string[] =>
    typeof node !== 'object' || node === null
      ? []
      : Object.entries(node).flatMap(([key, value]) => [key, ...used(value)]);

  for (const [name, schema] of jsonSchemas(eventDefinitions)) {
    it(`has golden samples that use every member of ${name}`, () => {
      const inSamples = new Set(used(golden(name)));
      const unused = declared(JSON.parse(schema)).filter((member) => !inSamples.has(member));
      assert.deepEqual(unused, []);
    });
  }

  it('names each type once', () => {
    const types = eventDefinitions.map(({ type }) => type);
    assert.equal(new Set(types).size, types.length);
  });

  it('lets nothing but what a schema names into an event', () => {
    for (const { type, current, versions } of eventDefinitions) {
      const [sample] = Object.values<object>(golden(`${type}.v${versions.length}`));
      assert.equal(current.safeParse({ ...sample, canary: true }).success, false, type);
    }
  });
});
