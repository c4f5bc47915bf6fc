/** What a request belongs to (W3C Trace Context): kept in the events that it leads to and in every log line. */
export interface Trace {
  /** Trace id: 32 hex digits. */
  readonly correlationId: string;
  /** The span of the caller: 16 hex digits; absent where the trace begins here. */
  readonly causationId?: string;
}

const version00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
/** A later version must begin like version 00; what follows is not judged (Trace Context section 3.2.4). */
const laterVersion = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/;
const zeros = /^0+$/;

/** The trace that `traceparent` names; where it names none in its strict form, a new one. */
export const traceOf = (traceparent: string | string[] | undefined, uuid: () => string): Trace => {
  const found =
    typeof traceparent === 'string' ? (version00.exec(traceparent) ?? laterVersion.exec(traceparent)) : null;
  const [, correlationId, causationId] = found ?? [];
  if (
    correlationId === undefined ||
    causationId === undefined ||
    zeros.test(correlationId) ||
    zeros.test(causationId)
  ) {
    return { correlationId: uuid().replaceAll('-', '') };
  }
  return { correlationId, causationId };
};
