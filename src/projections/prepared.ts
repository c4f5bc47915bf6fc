import type Database from 'better-sqlite3';

const compiled = new WeakMap<Database.Database, Map<string, Database.Statement<unknown[], unknown>>>();

/**
 * The statement of this text on a connection, compiled the first time. For what is asked again and again: a statement
 * that is let go keeps some KiB outside of the heap until it is collected, which is late where the heap hardly grows.
 * One for each patient of an export came to 5 KiB a patient. For texts of which there are few.
 */
export const prepared = <Parameters extends unknown[], Row = unknown>(
  db: Database.Database,
  text: string,
): Database.Statement<Parameters, Row> => {
  const known = compiled.get(db) ?? new Map<string, Database.Statement<unknown[], unknown>>();
  compiled.set(db, known);
  const statement = known.get(text) ?? db.prepare<unknown[], unknown>(text);
  known.set(text, statement);
  return statement as Database.Statement<Parameters, Row>;
};
