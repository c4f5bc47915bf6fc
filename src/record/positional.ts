/**
 * Positional JSON: objects as arrays, in the order of their shape, since the names of members are half the size of
 * a row and a third of its time. A shape names every member of its type (the compiler sees to it), so nothing can
 * be dropped. A change of a shape is a change of `reducerVersion`.
 */
export interface Codec<T> {
  encode(value: T): unknown;
  decode(stored: unknown): T;
}

/** A value that JSON holds as it is. */
export const plain = <T>(): Codec<T> => ({ encode: (value) => value, decode: (stored) => stored as T });

export const listOf = <T>(item: Codec<T>): Codec<T[]> => ({
  encode: (values) => values.map(item.encode),
  decode: (stored) => (stored as unknown[]).map(item.decode),
});

type Shape<T> = { readonly [Name in keyof Required<T>]: Codec<NonNullable<T[Name]>> };

/** An object by its members in the order of `shape`; absent members are null, and left off at the end. */
export const objectOf = <T extends object>(shape: Shape<T>): Codec<T> => {
  const members = Object.entries(shape) as [keyof T, Codec<unknown>][];
  return {
    encode: (value) => {
      const stored: unknown[] = [];
      members.forEach(([name, codec], index) => {
        const member = value[name];
        if (member === undefined) return;
        while (stored.length < index) stored.push(null);
        stored.push(codec.encode(member));
      });
      return stored;
    },
    decode: (stored) => {
      const values = stored as unknown[];
      const value: Partial<Record<keyof T, unknown>> = {};
      for (let index = 0; index < values.length; index += 1) {
        const member = values[index];
        const [name, codec] = members[index]!;
        if (member !== null) value[name] = codec.decode(member);
      }
      return value as T;
    },
  };
};

/** A codec that may contain itself. */
export const lazily = <T>(codec: () => Codec<T>): Codec<T> => ({
  encode: (value) => codec().encode(value),
  decode: (stored) => codec().decode(stored),
});
