/** A checkpoint as people read it (docs/evidence-format.md, section 6); hashes in the base64 of the note. */
export interface CheckpointText {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly heads: string;
  readonly recorded: string;
  /** Name and key id of each signer. */
  readonly signers: readonly string[];
}

/** Takes a note apart to show it; whether it holds is for the verifier to say. */
export const checkpointText = (note: string): CheckpointText => {
  const [origin = '', size = '', root = '', heads = '', recorded = ''] = note.split('\n');
  const signers = [...note.matchAll(/^\u2014 (\S+) (\S+)$/gm)].map(
    ([, name, signature = '']) =>
      `${name} (${Buffer.from(signature, 'base64').subarray(0, 4).toString('hex')})`,
  );
  return {
    origin,
    size: Number(size),
    root,
    heads: heads.replace(/^heads /, ''),
    recorded: recorded.replace(/^recorded /, ''),
    signers,
  };
};
