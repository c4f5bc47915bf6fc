/**
 * The fields that a log line may hold, and what each may look like. Anything else is dropped: a field that is not
 * here, and a value that does not have its shape. So nothing of a person gets in by accident; who adds a field
 * here answers for its shape being too narrow for a name, an identifier or a text.
 */
const hexId = /^[0-9a-f]{16,32}$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const code = /^[A-Za-z][A-Za-z-]{0,59}$/;
const position = /^[A-Za-z0-9:_-]{1,80}$/;
/** A route's template, as in /consents/:consentId; never the path that was asked for. */
const route = /^(\/|(\/:?[A-Za-z][A-Za-z.-]{0,39}){1,6})$/;
const host = /^[A-Za-z0-9.:[\]-]{1,255}$/;

const isCount = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isFlag = (value: unknown) => typeof value === 'boolean';
const matches = (shape: RegExp) => (value: unknown) => typeof value === 'string' && shape.test(value);

const shapes = {
  correlationId: (value: unknown) => matches(hexId)(value) || matches(uuid)(value),
  causationId: (value: unknown) => matches(hexId)(value) || matches(uuid)(value),
  // requests
  method: matches(/^[A-Z]{3,7}$/),
  route: matches(route),
  status: isCount,
  code: matches(code),
  durationMs: isCount,
  // events and where they stand
  eventType: matches(code),
  schemaVersion: isCount,
  revision: isCount,
  position: matches(position),
  index: isCount,
  lag: isCount,
  outcome: matches(code),
  attempt: isCount,
  // work in the background
  projection: matches(/^[a-z][a-z0-9-]{0,59}$/),
  reducer: isCount,
  shard: isCount,
  shards: isCount,
  count: isCount,
  total: isCount,
  written: isCount,
  failed: isCount,
  epoch: isCount,
  reason: matches(code),
  /** The name of a setting (docs/configuration.md), never its value. */
  setting: matches(/^(keysFolder|reportSigning(\.[a-z][A-Za-z0-9]{1,20}){1,2})$/),
  // the process
  version: matches(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
  /** Of a configured issuer, never one that a token claims. */
  issuer: matches(/^(https?:\/\/|urn:)[A-Za-z0-9:._/-]{1,250}$/),
  host: matches(host),
  port: isCount,
  signal: matches(/^SIG[A-Z0-9]{2,10}$/),
  ready: isFlag,
} as const;

export type FieldName = keyof typeof shapes;
export const fieldNames = Object.keys(shapes) as readonly FieldName[];

/** Only what the allow-list holds, each value in its shape. An `error` becomes its name, code and frames. */
export const allowed = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'error') Object.assign(kept, describeError(value));
    else if (Object.hasOwn(shapes, name) && shapes[name as FieldName](value)) kept[name] = value;
  }
  return kept;
};

const frame = /^ {4}at .*?((?:node:|file:\/\/|\/|[A-Z]:\\)[^\s()]+:\d+:\d+)\)?$/;

/** The stack without the message that heads it; nothing where the message cannot be told from the frames. */
const below = ({ stack = '', message }: Error): string => {
  const start = stack.indexOf(message);
  return start === -1 ? '' : stack.slice(start + message.length);
};

/** Where an error came from. Its message is left out: messages quote what they were given. */
const describeError = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { error: 'not an Error' };
  const name = error.constructor.name;
  const errorCode: unknown = 'code' in error ? error.code : undefined;
  const frames = below(error)
    .split('\n')
    .flatMap((line) => frame.exec(line)?.[1] ?? []);
  return {
    error: matches(code)(name) ? name : 'Error',
    ...(matches(/^[A-Za-z0-9_-]{1,60}$/)(errorCode) ? { errorCode } : {}),
    frames: frames.slice(0, 10),
  };
};
