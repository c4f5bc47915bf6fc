import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import winston from 'winston';
import { allowed, type FieldName } from './fields.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line may carry besides its message; whatever is not of the allow-list's shape is dropped. */
export type Fields = { readonly [name in FieldName]?: unknown } & { readonly error?: unknown };

/** A text that stands in the source: one that is put together when it runs may hold a person's data. */
type Fixed<Text extends string> = Record<never, never> extends Record<Text, true> ? never : Text;

type Write = <Text extends string>(message: Fixed<Text>, fields?: Fields) => void;

export interface Log {
  readonly error: Write;
  readonly warn: Write;
  readonly info: Write;
  readonly debug: Write;
  /** A log whose every line carries these fields too, as one request's correlation id. */
  child(fields: Fields): Log;
}

/**
 * Writes JSON lines to `stream`: time, level, message, correlationId, and fields of the allow-list (fields.ts).
 * Lines that belong to no request carry the correlation id of the process, made here.
 */
export const createLog = (options: { level: LogLevel; stream: Writable }): Log => {
  const logger = winston.createLogger({
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    level: options.level,
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Stream({ stream: options.stream })],
  });
  const logWith = (bound: Record<string, unknown>): Log => {
    const at =
      (level: LogLevel): Write =>
      (message, fields) => {
        if (!logger.isLevelEnabled(level)) return;
        logger.log({ ...bound, ...(fields === undefined ? {} : allowed(fields)), level, message });
      };
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      child: (fields) => logWith({ ...bound, ...allowed(fields) }),
    };
  };
  return logWith({ correlationId: randomBytes(16).toString('hex') });
};
