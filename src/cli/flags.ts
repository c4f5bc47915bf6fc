import type { Command } from 'commander';
import { z } from 'zod';

interface Member {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** Gives a command one option for each member of a schema: `inFlight` becomes `--in-flight <number>`, a boolean a flag. */
export const addOptions = (command: Command, schema: z.ZodObject): void => {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Member>;
  };
  for (const [name, member] of Object.entries(properties)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const usual = member.default === undefined ? '' : ` (default: ${member.default})`;
    const value = member.type === 'boolean' ? '' : ` <${placeholderOf(member)}>`;
    command.option(`--${flag}${value}`, `${member.description ?? ''}${usual}`);
  }
};

const placeholderOf = ({ enum: values, type = 'text' }: Member): string =>
  values?.join('|') ?? (type === 'string' ? 'text' : type);
