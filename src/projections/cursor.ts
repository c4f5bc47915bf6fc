import type { z } from 'zod';

/** A cursor: the place after which the next page begins, as opaque text. */
export const cursorOf = (place: readonly (number | string)[]): string =>
  Buffer.from(JSON.stringify(place), 'utf8').toString('base64url');

/** The place in a cursor; undefined where it is not one that was given out. */
export const placeOf = <Place>(cursor: string, shape: z.ZodType<Place>): Place | undefined => {
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
};
