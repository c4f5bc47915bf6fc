import type { EventDefinition } from '../../schemas/events/define.ts';

/** An event of a type, or of a version, that this code does not know. It stops whoever reads; it is never skipped. */
export class UnknownEvent extends Error {
  readonly code = 'record-unreadable';
}

/** The definition of an event type; throws UnknownEvent where there is none. */
export const definitionOf = (definitions: readonly EventDefinition[], type: string): EventDefinition => {
  const definition = definitions.find((candidate) => candidate.type === type);
  if (definition === undefined) throw new UnknownEvent(`event type ${type} is not known to this version`);
  return definition;
};

/**
 * A stored payload as its type's newest version has it: each version's upcaster in turn. It is not parsed again:
 * it was when it was written, and its seal has held since.
 */
export const openPayload = (
  definitions: readonly EventDefinition[],
  type: string,
  version: number,
  payload: unknown,
): unknown => {
  const { versions } = definitionOf(definitions, type);
  if (!Number.isInteger(version) || version < 1 || version > versions.length)
    throw new UnknownEvent(`version ${version} of ${type} is not known to this version`);
  return versions.slice(version - 1, -1).reduce((value, step) => step.upcast?.(value), payload);
};
