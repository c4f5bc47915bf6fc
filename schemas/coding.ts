import { z } from 'zod';

const text = (max: number) => z.string().min(1).max(max);

/** A code and the system that defines it; without a system it is refused (SEMANTICS S4.2). */
export const coding = z
  .strictObject({ system: text(500), code: text(200) })
  .describe('FHIR Coding: a code and its system');
export type Coding = z.infer<typeof coding>;

/** A resource or document type; its system may be left out (SEMANTICS S4, `class`). */
export const classCoding = z
  .strictObject({ system: text(500).optional(), code: text(200) })
  .describe('A resource or document type');
export type ClassCoding = z.infer<typeof classCoding>;

/** A literal FHIR reference: relative (`Organization/f001`) or absolute. */
export const reference = text(1000).describe('FHIR literal reference, relative or absolute');

/** How a patient is named outside: never in a URL, a log line, a metric or an error. */
export const identifier = z
  .strictObject({ system: text(500), value: text(500) })
  .describe('FHIR Identifier of a patient');
export type Identifier = z.infer<typeof identifier>;

/** FHIR consentaction (hl7.org/fhir/codesystem-consentaction.html). */
export const action = z
  .enum(['collect', 'access', 'use', 'disclose', 'correct'])
  .describe('FHIR consentaction');
export type Action = z.infer<typeof action>;

export const uuid = z.uuid();
