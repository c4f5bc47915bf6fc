import { readFileSync } from 'node:fs';

/**
 * What a secret's file holds, without the line break at its end.
 *
 * @throws Error in a sentence for the operator, that names the file and never what it holds
 */
export const readSecret = (file: string): string => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (text === '') throw new Error(`${file} is empty`);
  return text;
};

/**
 * The user of a file with `username:password`; the password may have colons.
 *
 * @throws Error as `readSecret`
 */
export const readCredentials = (file: string): { readonly username: string; readonly password: string } => {
  const [, username, password] = /^([^:\n]+):([^\n]+)$/.exec(readSecret(file)) ?? [];
  if (username === undefined || password === undefined)
    throw new Error(`${file} does not hold username:password`);
  return { username, password };
};
