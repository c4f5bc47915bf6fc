import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { EventDefinition } from '../schemas/events/define.ts';
import { openPayload } from '../src/record/upcast.ts';

/** The published versions: `<Type>.v<N>` to the SHA-256 (hex) of its JSON Schema file. */
export type Published = Readonly<Record<string, string>>;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const versionsOf = (definitions: readonly EventDefinition[]) =>
  definitions.flatMap(({ type, versions }) =>
    versions.map(({ schema }, index) => ({
      type,
      version: index + 1,
      name: `${type}.v${index + 1}`,
      schema,
    })),
  );

/** The JSON Schema of what is stored, for each type and version, by name: `ConsentGranted.v1`. */
export const jsonSchemas = (definitions: readonly EventDefinition[]): ReadonlyMap<string, string> =>
  new Map(
    versionsOf(definitions).map(({ name, schema }) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'output' });
      const head = { $schema, $id: `urn:consent-ledger:event:${name}`, title: name };
      return [name, `${JSON.stringify({ ...head, ...rest }, null, 2)}\n`];
    }),
  );

/** What is wrong where a version that was published changed, or is gone: whoever stored it must still read it. */
export const unpublishable = (schemas: ReadonlyMap<string, string>, published: Published): string[] =>
  Object.entries(published).flatMap(([name, hash]) => {
    const schema = schemas.get(name);
    if (schema === undefined) return [`${name} is published and is gone`];
    if (sha256(schema) !== hash) return [`${name} is published and never changes: add a version instead`];
    return [];
  });

/** The published versions with those that are new. */
export const publish = (schemas: ReadonlyMap<string, string>, published: Published): Published => ({
  ...published,
  ...Object.fromEntries([...schemas].map(([name, schema]) => [name, sha256(schema)])),
});

/** Payloads as they were once stored, by variant; `samplesOf` gives those of a version, if it has any. */
export type Samples = Readonly<Record<string, unknown>>;

/** What is wrong with the golden samples: each version has some, and each is accepted, upcast and accepted again. */
export const goldenProblems = (
  definitions: readonly EventDefinition[],
  samplesOf: (name: string) => Samples | undefined,
): string[] =>
  versionsOf(definitions).flatMap(({ type, version, name, schema }) => {
    const samples = Object.entries(samplesOf(name) ?? {});
    if (samples.length === 0) return [`${name} has no golden sample`];
    return samples.flatMap(([variant, payload]) => {
      const stored = schema.safeParse(payload);
      if (!stored.success)
        return [`${name} ${variant} is no longer accepted: ${z.prettifyError(stored.error)}`];
      if (!isDeepStrictEqual(stored.data, payload)) return [`${name} ${variant} is not what is stored`];
      return upcastProblems(definitions, type, version, variant, payload);
    });
  });

const upcastProblems = (
  definitions: readonly EventDefinition[],
  type: string,
  version: number,
  variant: string,
  payload: unknown,
): string[] => {
  const current = definitions.find((definition) => definition.type === type)?.current;
  try {
    const upcast = current?.safeParse(openPayload(definitions, type, version, payload));
    if (upcast?.success) return [];
    return [`${type}.v${version} ${variant} is not accepted once it is upcast`];
  } catch (error) {
    return [`${type}.v${version} ${variant} does not upcast: ${String(error)}`];
  }
};
