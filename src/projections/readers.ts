import Database from 'better-sqlite3';
import type { Rows } from '../record/rows.ts';
import { consentsIndex } from './consents-index.ts';
import { currentConsent, rowsOf } from './current-consent.ts';
import { disclosuresIndex } from './disclosures-index.ts';
import { type ModelKind, modelPath } from './model-file.ts';

/** The models of one generation, open to be read. */
export interface Readers {
  readonly rows: Rows;
  readonly consents: Database.Database;
  readonly disclosures: Database.Database;
  close(): void;
}

/** Every kind of read model. */
export const kinds: readonly ModelKind[] = [currentConsent, consentsIndex, disclosuresIndex];

/** Opens the models in the folder of a generation. */
export const openReaders = (folder: string): Readers => {
  const open = (kind: ModelKind) =>
    new Database(modelPath(folder, kind), { readonly: true, fileMustExist: true });
  const files = {
    current: open(currentConsent),
    consents: open(consentsIndex),
    disclosures: open(disclosuresIndex),
  };
  return {
    ...files,
    rows: rowsOf(files.current),
    close: () => {
      for (const file of Object.values(files)) file.close();
    },
  };
};
