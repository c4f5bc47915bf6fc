/** What is signed of an export, as a note beside that of a checkpoint: which it is, and all that it holds. */
export const exportText = (origin: string, exportId: string, digest: Uint8Array): string =>
  `${origin}\nexport ${exportId}\n${Buffer.from(digest).toString('base64')}\n`;
